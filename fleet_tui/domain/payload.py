"""Reads single fields of a vendor's payload: what is not what it should be is None, and nothing is cleaned."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import cast


class TooMuch(ValueError):
    """An answer that has no end, that grows without one while it is unpacked, or with more rows than any fleet has."""


class BadPayload(ValueError):
    """The vendor sent something that is not what it says it sends; names the field, never its value."""


def object_of(value: object, what: str) -> Mapping[str, object]:
    """The value, if it is an object. Raises BadPayload saying that `what` is not one."""
    if not isinstance(value, Mapping):
        raise BadPayload(f"{what} is not an object")
    return cast("Mapping[str, object]", value)


def fields_of(value: object) -> Mapping[str, object]:
    """The value, if it is an object, else an empty one."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def rows_of(value: object) -> list[object] | None:
    """The value, if it is a list."""
    return cast("list[object]", value) if isinstance(value, list) else None


def id_of(payload: Mapping[str, object], field: str, what: str) -> str:
    """An id exactly as it came. Raises BadPayload where there is none, or one with a NUL in it."""
    value = payload.get(field)
    if not isinstance(value, str) or not value or "\x00" in value:
        raise BadPayload(f"{what} has no usable {field}")
    return value


def text_of(value: object) -> str | None:
    """A text that says something."""
    return value if isinstance(value, str) and value else None


def time_of(value: object) -> datetime | None:
    """An RFC 3339 time in UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def number_of(value: object) -> Decimal | None:
    """A number that is finite and not negative, also when it came as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except (InvalidOperation, ValueError):
        return None
    return number if number.is_finite() and number >= 0 else None


def labels_of(value: object) -> dict[str, str]:
    """Labels as text to text; anything else in them is left out."""
    return {key: item for key, item in fields_of(value).items() if isinstance(item, str)}
