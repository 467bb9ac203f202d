"""Whatever E2B sends becomes a resource or one named complaint, and ids stay as they are."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.agent import ClaimRules
from fleet_tui.domain.identity import Kind, SourceName
from fleet_tui.domain.payload import BadPayload
from fleet_tui.domain.phase import Phase
from fleet_tui.providers.e2b import mapping
from tests.support.adapters import RATES

SOURCE = SourceName("e2b-us")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("sandboxID", "state", "startedAt", "endAt", "metadata", "alias", "cpuCount", "memoryMB", "templateID")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON)) | JSON)
def test_any_payload_is_a_resource_or_a_complaint(payload: object) -> None:
    try:
        resource = mapping.sandbox(payload, source=SOURCE, rules=ClaimRules(), rates=RATES)
    except BadPayload:
        return

    assert isinstance(payload, dict)
    assert resource.key.id == payload["sandboxID"]


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_an_id_is_never_cleaned(id_: str) -> None:
    resource = mapping.sandbox({"sandboxID": id_, "state": "running"}, source=SOURCE, rules=ClaimRules(), rates=RATES)

    assert (resource.key.kind, resource.key.id, resource.incarnation) == (Kind.SANDBOX, id_, id_)


@given(st.text(string.printable).filter(lambda text: text not in {"running", "paused"}))
def test_a_state_nobody_knows_stays_readable(state: str) -> None:
    resource = mapping.sandbox({"sandboxID": "s", "state": state}, source=SOURCE, rules=ClaimRules(), rates=RATES)

    assert (resource.phase.phase, resource.phase.raw) == (Phase.UNKNOWN, state)


def test_an_id_with_a_nul_is_a_complaint() -> None:
    with pytest.raises(BadPayload, match="sandboxID"):
        mapping.sandbox({"sandboxID": "a\x00b", "state": "running"}, source=SOURCE, rules=ClaimRules(), rates=RATES)


@given(JSON)
def test_a_metric_is_numbers_or_nothing(payload: object) -> None:
    from datetime import UTC, datetime

    mapping.metric("s", payload, source=SOURCE, now=datetime(2026, 11, 22, tzinfo=UTC))
    mapping.event(payload, source=SOURCE)
    mapping.log_line(payload)
