"""Records are taken out of a vendor's answer as they came, and an answer that is none of its API's is told as such."""

import json
from datetime import UTC, datetime

import pytest

from fleet_tui import transport
from fleet_tui.transport import RawAnswer, decoded, http_date, records_of, records_under, retry_after_s

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_records_come_as_they_were_sent_with_the_fields_around_them() -> None:
    raw = b'{"items": [ {"id": "a",  "n": 1.0}, 7 ], "nextCursor": "x", "more": {"deep": [1]}}'
    assert records_under(raw, "items") == (
        [b'{"id": "a",  "n": 1.0}', b"7"],
        {"nextCursor": "x", "more": {"deep": [1]}},
    )
    assert records_of(b'[{"a":1}, null]') == [b'{"a":1}', b"null"]


@pytest.mark.parametrize("raw", [b"[]", b'"items"', b"7", b"null"])
def test_what_is_no_object_holds_no_records(raw: bytes) -> None:
    assert records_under(raw, "items") == (None, {})


@pytest.mark.parametrize(("raw", "others"), [(b"{}", {}), (b'{"items": {}, "next": 1}', {"next": 1})])
def test_an_object_without_the_array_holds_none(raw: bytes, others: dict[str, int]) -> None:
    assert records_under(raw, "items") == (None, others)


@pytest.mark.parametrize("raw", [b"", b"<html>", b"\xff\xfe"])
def test_what_is_no_json_is_told_as_that(raw: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        records_under(raw, "items")
    with pytest.raises(ValueError, match="no JSON"):
        records_of(raw)


@pytest.mark.parametrize("raw", [b'{"items": [1', b'{"items": [NaN]}'])
def test_what_breaks_off_or_holds_no_json_is_told_as_that(raw: bytes) -> None:
    with pytest.raises(ValueError, match="no JSON"):
        records_under(raw, "items")


def test_nesting_without_end_is_an_error_and_not_the_end_of_the_process() -> None:
    deep = b"[" * 100_000
    for read, raw in ((decoded, deep), (records_of, deep), (lambda raw: records_under(raw, "a"), b'{"a":' + deep)):
        with pytest.raises(ValueError, match=r"nested|no JSON"):
            read(raw)


def test_an_answer_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "MAX_BODY_BYTES", 10)
    large = json.dumps(["x" * 20]).encode()
    for read in (records_of, lambda raw: records_under(raw, "items"), lambda raw: RawAnswer(raw, {}, 200).decoded()):
        with pytest.raises(ValueError, match="too large"):
            read(large)


def test_an_empty_body_is_no_json_and_no_error() -> None:
    assert RawAnswer(b" \n", {}, 204).decoded().body is None


@pytest.mark.parametrize("raw", ["[NaN]", "[Infinity]", "[-Infinity]", "[1e999]"])
def test_a_number_that_is_none_is_refused(raw: str) -> None:
    with pytest.raises(ValueError, match=r"is not JSON|out of range"):
        decoded(raw.encode())


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("-5", 1.0),
        ("100000000000", 300.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 1.0),
        ("soon", None),
        ("nan", None),
    ],
)
def test_a_wait_that_a_vendor_names_is_kept_within_bounds(value: str, seconds: float | None) -> None:
    assert retry_after_s({"Retry-After": value}, NOW) == seconds


@pytest.mark.parametrize("text", [None, "", "yesterday", "Sun, 99 Nov 2026 12:00:00 GMT"])
def test_a_date_that_is_none_is_no_time(text: str | None) -> None:
    assert http_date(text) is None
