"""Stripe's `expand`: ids in an answer replaced by the objects they name."""

from collections.abc import Sequence
from typing import cast

from fleet_tui.emulator.stripe.account import Account
from fleet_tui.emulator.stripe.errors import invalid
from fleet_tui.emulator.stripe.render import JsonObject

_MAX_DEPTH = 4


def expanded(account: Account, answer: JsonObject, paths: Sequence[str]) -> JsonObject:
    """The answer, changed in place. `data.customer` expands the customer of every row of a list."""
    for path in paths:
        names = path.split(".")
        if len(names) > _MAX_DEPTH:
            raise invalid(f"You cannot expand more than {_MAX_DEPTH} levels of a property.", param="expand")
        _expand(account, answer, names, path)
    return answer


def _expand(account: Account, inside: JsonObject, names: Sequence[str], path: str) -> None:
    name, rest = names[0], names[1:]
    if name not in inside:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = inside[name]
    if isinstance(value, str):
        found = account.by_id(value)
        if found is None:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        inside[name] = value = account.printed(found)
    rows = cast("list[object]", value) if isinstance(value, list) else [value]
    for row in rows if rest else ():
        if isinstance(row, dict):
            _expand(account, cast("JsonObject", row), rest, path)
