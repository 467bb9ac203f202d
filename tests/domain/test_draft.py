"""A drafted fact is the fact, and nobody can change it."""

from dataclasses import FrozenInstanceError, fields, replace
from pickle import dumps, loads
from typing import Any

import pytest
from hypothesis import given

from fleet_tui.domain.draft import drafted
from fleet_tui.domain.phase import Phase, PhaseFact
from fleet_tui.domain.resource import Resource
from tests.support import store_strategies as some

_DRAFTED = drafted(Resource)


@given(some.resources)
def test_a_drafted_fact_is_the_same_fact(resource: Resource) -> None:
    values: dict[str, Any] = {one.name: getattr(resource, one.name) for one in fields(resource)}
    made = _DRAFTED(**values)
    assert type(made) is Resource
    assert (made, hash(made), repr(made)) == (resource, hash(resource), repr(resource))
    assert replace(made, name="other") == replace(resource, name="other")
    assert loads(dumps(made)) == resource


def test_what_has_a_default_may_be_left_out_and_nothing_else() -> None:
    fact = drafted(PhaseFact)(phase=Phase.IDLE, since=None, evidence="e", raw="")
    assert fact == PhaseFact(phase=Phase.IDLE, since=None, evidence="e", raw="")
    incomplete: Any = drafted(PhaseFact)
    with pytest.raises(TypeError):
        incomplete(phase=Phase.IDLE)


def test_a_drafted_fact_is_frozen() -> None:
    fact: Any = drafted(PhaseFact)(phase=Phase.IDLE, since=None, evidence="e", raw="")
    with pytest.raises(FrozenInstanceError):
        fact.raw = "other"
    with pytest.raises(FrozenInstanceError):
        del fact.raw
