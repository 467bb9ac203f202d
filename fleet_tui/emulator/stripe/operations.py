"""An endpoint as data: its method, its path, the parameters it knows, and what it does to the account."""

from collections.abc import Callable
from dataclasses import dataclass, field

from fleet_tui.emulator.stripe.account import Account, Call, Thing
from fleet_tui.emulator.stripe.render import JsonObject, listed
from fleet_tui.emulator.stripe.shelves import PAGE_PARAMS, Page

Run = Callable[[Account, Call], JsonObject]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One endpoint. A request with a parameter outside `accepts` is refused before anything happens."""

    method: str
    path: str
    run: Run
    accepts: frozenset[str] = field(default_factory=frozenset[str])


def reads(path: str, run: Run, *accepts: str) -> Operation:
    return Operation(method="GET", path=path, run=run, accepts=frozenset(accepts))


def lists(path: str, run: Run, *accepts: str) -> Operation:
    return Operation(method="GET", path=path, run=run, accepts=frozenset(accepts) | PAGE_PARAMS)


def writes(path: str, run: Run, *accepts: str) -> Operation:
    return Operation(method="POST", path=path, run=run, accepts=frozenset(accepts))


def deletes(path: str, run: Run, *accepts: str) -> Operation:
    return Operation(method="DELETE", path=path, run=run, accepts=frozenset(accepts))


def page_json(account: Account, page: "Page[Thing]", call: Call) -> JsonObject:
    """A page as Stripe's list object."""
    return listed([account.printed(row) for row in page.rows], call.path, has_more=page.has_more)
