"""No label that an agent can write hides a row, its own or another's: everything that runs stands in exactly one."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.agent import ClaimRules
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.resource import Resource
from fleet_tui.providers.e2b import mapping
from fleet_tui.views.model import FleetModel
from tests.support.adapters import RATES
from tests.support.facts import NOW, next_delta, whole

SOURCE = SourceName("e2b")
IDS = ("i0", "i1", "i2", "i3")
PACKED = [ResourceKey(SOURCE, Kind.SANDBOX, id_).packed() for id_ in IDS]
AGENTS = st.sampled_from([None, "bot", "bot@ci", "bot@", "@", "bot@ci@ci", "e2b", " ", "\x1f", "bot\x1f", *PACKED])
TEAMS = st.sampled_from([None, "ci", "ci@ci", "@", "\x1f", "\x1fsandbox\x1fi0"])


def box(id_: str, agent: str | None, team: str | None) -> Resource:
    labels = {"fleet.agent": agent, "fleet.team": team}
    payload = {"sandboxID": id_, "state": "running", "metadata": {k: v for k, v in labels.items() if v is not None}}
    return mapping.sandbox(payload, source=SOURCE, rules=ClaimRules(), rates=RATES)


FLEETS = st.tuples(*(st.builds(box, st.just(id_), AGENTS, TEAMS) for id_ in IDS))


@given(before=FLEETS, after=FLEETS)
def test_whatever_labels_say_every_box_stands_in_one_row_that_answers_for_it(
    before: tuple[Resource, ...], after: tuple[Resource, ...]
) -> None:
    model = FleetModel()
    for delta in (whole(*before), next_delta(2, resources=after)):
        model.apply(delta, NOW)

        shown = Counter(r.key.id for agent in model.fleet.values() for r in agent.resources)
        assert shown == Counter(IDS)
        for handle, agent in model.fleet.items():
            assert all(model.handle_of(r.key) == handle for r in agent.resources)
        assert model.tally.rows == len(model.fleet)
