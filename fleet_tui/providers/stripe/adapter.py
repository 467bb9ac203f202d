"""Speaks to Stripe: reads within bounds, and acts with the action's id as the vendor's idempotency key."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial

from fleet_tui.config.redact import redact
from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order
from fleet_tui.domain.assignment import AssignmentField
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.money import Side
from fleet_tui.domain.outcome import Done, Outcome, RefusalReason, Refused
from fleet_tui.domain.payload import BadPayload
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.recall import RecallById
from fleet_tui.domain.resource import Resource
from fleet_tui.domain.usage import UsageLine
from fleet_tui.ports import AdapterContext, ProviderError
from fleet_tui.providers.stripe import mapping
from fleet_tui.providers.stripe.settings import StripeSettings
from fleet_tui.providers.stripe.wire import Row, StripeWire, once

MOST_PAGES = 50
ONE_BY_ONE = 20
"""Up to so many customers have their subscriptions read one by one; beyond it, all are listed and sorted out here."""
PREVIEWS_A_POLL = 20
PREVIEW_KEPT = timedelta(minutes=30)
_NOT_FOUND = 404
_CONFLICTS = frozenset({400, 409})


_Customer = tuple[Row, str | None, str | None]
"""A customer with what its next invoice would say and its last one said."""
_Told = tuple[Kind, Row, Resource | None]
"""Any other row, with the customer that it may get its agent from."""


class StripeAdapter:
    """One Stripe account. Customers that no agent, owner, team or task claims are not listed."""

    def __init__(self, settings: StripeSettings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        self._context = context
        self._wire = StripeWire(secrets["api_key"], settings.base_url, context)
        self._side = Side(settings.side) if settings.side else Side.BILLED
        self._mapped = frozenset(settings.meters)
        self._items: tuple[mapping.PricedItem, ...] | None = None
        self._owners: dict[str, Resource] = {}
        self._previews: dict[str, tuple[datetime, str | None, str | None]] = {}
        self._recalled_owners: RecallById[_Customer, Resource | BadPayload] = RecallById(self._read_owner)
        self._recall: RecallById[_Told, Resource | BadPayload] = RecallById(self._read)

    async def aclose(self) -> None:
        await self._wire.aclose()

    async def list_resources(self, now: datetime) -> Listing:
        """The account's balance, its meters, the customers that agents work for, and their subscriptions."""
        v1 = self._wire.v1
        balance = await self._wire.one("read balance", v1.balance.retrieve_async)
        meters = await self._all("list meters", v1.billing.meters.list_async)
        customers = await self._customers()
        subscriptions = await self._subscriptions(customers, meters)
        await self._refresh_previews(sorted(customers), now)
        owners = self._recalled_owners.rows({id_: (row, *self._preview_of(row)) for id_, row in customers.items()})
        self._owners = {resource.key.id: resource for resource in owners if isinstance(resource, Resource)}
        told: list[_Told] = [(Kind.ACCOUNT, balance, None)]
        told += [(Kind.METER, row, None) for row in meters]
        told += [(Kind.SUBSCRIPTION, row, self._owner_of(row)) for row in subscriptions]
        read = [*self._recall.rows({_name(*one, number): one for number, one in enumerate(told)}), *owners]
        self._items = tuple(item for row in subscriptions for item in mapping.priced_items(row))
        notes = dict.fromkeys(str(one) for one in read if isinstance(one, BadPayload))
        return Listing(
            resources=tuple(one for one in read if isinstance(one, Resource)),
            kinds=frozenset({Kind.ACCOUNT, Kind.CUSTOMER, Kind.METER, Kind.SUBSCRIPTION}),
            complete=not notes,
            notes=tuple(notes),
        )

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        v1 = self._wire.v1
        calls: Mapping[Kind, Callable[[], Awaitable[object]]] = {
            Kind.SUBSCRIPTION: lambda: v1.subscriptions.retrieve_async(key.id),
            Kind.METER: lambda: v1.billing.meters.retrieve_async(key.id),
            Kind.CUSTOMER: lambda: v1.customers.retrieve_async(key.id),
            Kind.ACCOUNT: v1.balance.retrieve_async,
        }
        if key.kind not in calls:
            return None
        try:
            row = await self._wire.one("read it", calls[key.kind], key)
        except ProviderError as error:
            if error.failure.status == _NOT_FOUND:
                return None
            raise
        if key.kind is Kind.CUSTOMER:
            return None if row.get("deleted") else self._customer((row, *self._preview_of(row)))
        found = self._mapped_as((key.kind, row, self._owner_of(row)))
        return found if found.key == key else None

    async def cancel(self, order: Order) -> Outcome:
        """Cancel at once, with the vendor's default for what is open."""
        return await self._effect("cancel", order, self._wire.v1.subscriptions.cancel_async)

    async def disable(self, order: Order) -> Outcome:
        return await self._effect("disable", order, self._wire.v1.billing.meters.deactivate_async)

    async def enable(self, order: Order) -> Outcome:
        return await self._effect("enable", order, self._wire.v1.billing.meters.reactivate_async)

    async def read_usage(
        self, *, since: datetime, until: datetime, resources: Sequence[Resource]
    ) -> tuple[UsageLine, ...]:
        """What the customers of agents are billed for, item by item and day by day."""
        if self._items is None:
            await self.list_resources(until)
        start = datetime.combine(since.date(), time(), UTC)
        end = datetime.combine(until.date(), time(), UTC) + timedelta(days=1)
        lines: list[UsageLine] = []
        for item in self._items or ():
            owner = self._owners.get(item.customer)
            if owner is None:
                continue
            if item.meter is None:
                lines.extend(mapping.seat_lines(item, owner=owner, side=self._side, since=start, until=until))
                continue
            for row in await self._summaries(item, start, end):
                line = mapping.metered_line(item, row, owner=owner, side=self._side, until=until)
                if line is not None:
                    lines.append(line)
        return tuple(lines)

    async def _all(self, operation: str, call: Callable[..., object], params: Row | None = None) -> list[Row]:
        rows = self._wire.rows(operation, call, params, most_pages=MOST_PAGES)  # type: ignore[arg-type] # Stripe's own types
        return [row async for row in rows]

    async def _customers(self) -> dict[str, Row]:
        """Customers whose metadata names an agent, owner, team or task: the vendor searches, not we."""
        claims = self._context.claims
        names = [claims.label, *claims.aliases, *(f"fleet.{field}" for field in AssignmentField)]
        found: dict[str, Row] = {}
        query = " OR ".join(f'-metadata["{name}"]:null' for name in dict.fromkeys(names))
        search = self._wire.v1.customers.search_async
        for row in await self._all("search customers", search, {"query": query}):
            if isinstance(id_ := row.get("id"), str):
                found[id_] = row
        return found

    async def _subscriptions(self, customers: dict[str, Row], meters: Iterable[Row]) -> list[Row]:
        """Subscriptions of those customers; with mapped meters also of their subscribers, who then are listed too."""
        listing = self._wire.v1.subscriptions.list_async
        mapped = {row["id"] for row in meters if {row.get("id"), row.get("event_name")} & self._mapped}
        if not mapped and len(customers) <= ONE_BY_ONE:
            rows: list[Row] = []
            for id_ in sorted(customers):
                rows += await self._all("list subscriptions", listing, {"customer": id_})
            return rows
        kept: list[Row] = []
        for row in await self._all("list subscriptions", listing, {"expand": ["data.customer"]}):
            subscriber, owner = mapping.customer_of(row), row.get("customer")
            if subscriber in customers:
                kept.append(row)
            elif subscriber and isinstance(owner, dict) and mapped & _meters(row):
                customers[subscriber] = owner
                kept.append(row)
        return kept

    async def _refresh_previews(self, ids: list[str], now: datetime) -> None:
        """What the next invoice would say and the last one said: two calls a customer, so a few in each poll."""
        self._previews = {id_: kept for id_, kept in self._previews.items() if id_ in set(ids)}
        due = [id_ for id_ in ids if id_ not in self._previews or now - self._previews[id_][0] > PREVIEW_KEPT]
        for id_ in due[:PREVIEWS_A_POLL]:
            self._previews[id_] = (now, await self._preview(id_), await self._last_invoice(id_))

    async def _preview(self, customer: str) -> str | None:
        """What the next invoice would say; a customer with nothing to bill has none."""
        create = self._wire.v1.invoices.create_preview_async
        try:
            row = await self._wire.one("preview an invoice", lambda: create({"customer": customer}))
        except ProviderError as error:
            if error.failure.status in {_NOT_FOUND, *_CONFLICTS}:
                return None
            raise
        return mapping.money_text(row.get("amount_due"), row.get("currency"))

    async def _last_invoice(self, customer: str) -> str | None:
        listing = self._wire.v1.invoices.list_async
        page = await self._wire.one("list invoices", lambda: listing({"customer": customer, "limit": 1}))
        return mapping.invoice_text(page)

    async def _summaries(self, item: mapping.PricedItem, start: datetime, end: datetime) -> list[Row]:
        summaries = self._wire.v1.billing.meters.event_summaries
        params = {
            "customer": item.customer,
            "start_time": int(start.timestamp()),
            "end_time": int(end.timestamp()),
            "value_grouping_window": "day",
        }
        return await self._all("read meter summaries", partial(summaries.list_async, item.meter), params)

    def _preview_of(self, row: Row) -> tuple[str | None, str | None]:
        _, preview, last = self._previews.get(str(row.get("id")), (None, None, None))
        return preview, last

    def _owner_of(self, row: Row) -> Resource | None:
        return self._owners.get(mapping.customer_of(row) or "")

    def _customer(self, told: _Customer) -> Resource:
        row, preview, last = told
        return mapping.customer(
            row, source=self._context.source, rules=self._context.claims, preview=preview, last=last
        )

    def _mapped_as(self, told: _Told) -> Resource:
        kind, row, owner = told
        source, rules = self._context.source, self._context.claims
        if kind is Kind.ACCOUNT:
            return mapping.account(row, source=source)
        if kind is Kind.METER:
            return mapping.meter(row, source=source, rules=rules)
        return mapping.subscription(row, source=source, rules=rules, owner=owner)

    def _read_owner(self, told: _Customer) -> Resource | BadPayload:
        try:
            return self._customer(told)
        except BadPayload as error:
            return error

    def _read(self, told: _Told) -> Resource | BadPayload:
        try:
            return self._mapped_as(told)
        except BadPayload as error:
            return error

    async def _effect(self, operation: str, order: Order, call: Callable[..., object]) -> Outcome:
        """One call with the action's id as idempotency key. What the vendor's rules forbid is Refused in its words."""
        key = order.target.key
        try:
            await self._wire.one(operation, lambda: call(key.id, {}, once(order)), key)  # type: ignore[arg-type,return-value] # Stripe's own types
        except ProviderError as error:
            if error.failure.status == _NOT_FOUND:
                return Refused(RefusalReason.GONE, f"stripe has no such {key.kind}")
            if error.failure.status in _CONFLICTS:
                return Refused(RefusalReason.CHANGED, redact(f"stripe refuses to {operation} it: {error.failure.text}"))
            raise
        return Done(f"stripe did {operation} it")


def _name(kind: Kind, row: Row, _owner: Resource | None, number: int) -> str:
    """What a row is recalled by: its id, or its place where it has none."""
    return f"{kind}/{row.get('id') or number}"


def _meters(row: Row) -> set[str | None]:
    return {item.meter for item in mapping.priced_items(row)}
