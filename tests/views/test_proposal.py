"""What a verb could come to mean: children, stale rows, a pause instead; and how hard it must be confirmed."""

from dataclasses import replace

import pytest

from fleet_tui.domain.action import NO_PARAMS, Verb
from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.comeback import AUTO_RESUME, RESTART_POLICY, UNTOLD, comes_back
from fleet_tui.domain.dirt import LOOKING, Dirt, DirtState, answered, unknown
from fleet_tui.domain.identity import Kind
from fleet_tui.domain.outcome import RefusalReason
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.plan import Level, Plan, level
from fleet_tui.domain.resource import Resource
from fleet_tui.views.as_json import plan_rows
from fleet_tui.views.dirt import dirt_cell
from fleet_tui.views.family import above, below, left_out, same_task
from fleet_tui.views.model import FleetModel
from fleet_tui.views.plan import PlanContext, plan_lines
from fleet_tui.views.proposal import Chosen, How, Proposal, Scope, propose
from tests.support.facts import NOW, resource, status, total, whole
from tests.support.models import words

CLEAN = Dirt(state=DirtState.CLEAN, branch="main")
DIRTY = Dirt(state=DirtState.DIRTY, files=3, commits=1, branch="fix/8812")


def member(name: str, parent: str | None = None, task: str | None = None, **facts: object) -> Resource:
    row = resource(f"sbx_{name}", agent=name, **facts)  # type: ignore[arg-type]
    return replace(row, assignment=Assignment(parent=parent, task=task, team="ci"))


def model_of(*rows: Resource, stale: tuple[str, ...] = ()) -> FleetModel:
    model = FleetModel()
    delta = whole(*rows)
    statuses = tuple(status(s.name, ok_s=500) if s.name in stale else s for s in delta.statuses)
    model.apply(replace(delta, statuses=statuses, totals=(total("boss", "1.50", team="ci"),)), NOW)
    return model


def over(model: FleetModel, *names: str, verb: Verb = Verb.KILL) -> Proposal:
    return propose(verb, tuple(model.agents[name] for name in names), model=model, now=NOW)


def ids(plan: Plan) -> list[str]:
    return sorted(r.key.id for r in plan.targets)


FAMILY = (member("boss"), member("kid", "boss", task="8812"), member("grandkid", "kid"), member("other", task="8812"))


def test_children_go_along_only_where_that_was_chosen() -> None:
    proposal = over(model_of(*FAMILY), "boss")
    assert ids(proposal.plan()) == ["sbx_boss"]
    assert ids(proposal.plan(Chosen(scope=Scope.CHILDREN))) == ["sbx_boss", "sbx_grandkid", "sbx_kid"]


def test_a_circle_of_parents_ends_where_it_began() -> None:
    model = model_of(member("a", "b"), member("b", "a"), member("c", "c"))
    assert [agent.name for agent in below(model, (model.agents["a"],))] == ["b"]
    assert below(model, (model.agents["c"],)) == ()


def test_parents_that_stay_and_others_on_the_task_are_named() -> None:
    model = model_of(*FAMILY)
    kid = (model.agents["kid"],)
    assert [agent.name for agent in above(model, kid)] == ["boss"]
    assert [(task, [agent.name for agent in who]) for task, who in same_task(model, kid)] == [("8812", ["other"])]
    proposal = over(model, "kid")
    context = PlanContext(fleet="prod", production=False, proposal=proposal)
    text = words(plan_lines(proposal.plan(), model, context))
    assert "below  1 child not meant: grandkid" in text
    assert "above  boss stays" in text
    assert "task   8812: also worked on by other" in text


def test_what_was_spent_today_stands_beside_what_is_saved() -> None:
    model = model_of(*FAMILY)
    proposal = over(model, "boss")
    text = words(plan_lines(proposal.plan(), model, PlanContext(fleet="prod", production=False, proposal=proposal)))
    assert "saves  $0.10~ an hour" in text
    assert "spent $1.50 today" in text


def test_stale_rows_are_left_out_by_name_unless_they_are_asked_for_or_all_there_is() -> None:
    model = model_of(member("new"), member("old", source="daytona"), stale=("daytona",))
    proposal = over(model, "new", "old")
    plan = proposal.plan()
    assert ids(plan) == ["sbx_new"]
    assert [(left.resource.key.id, left.reason) for left in plan.left_out] == [("sbx_old", RefusalReason.STALE)]
    assert level(plan, production=False) is Level.KEY
    both = proposal.plan(Chosen(stale_too=True))
    assert (ids(both), both.stale) == (["sbx_new", "sbx_old"], True)
    alone = over(model, "old").plan()
    assert (ids(alone), level(alone, production=False)) == (["sbx_old"], Level.WORD)


def test_pause_instead_is_a_pause_and_now_leaves_no_grace() -> None:
    proposal = over(model_of(*FAMILY), "boss")
    instead = proposal.plan(Chosen(how=How.PAUSE))
    assert (instead.verb, instead.params) == (Verb.PAUSE, NO_PARAMS)
    at_once = proposal.plan(Chosen(how=How.NOW, rescue=True)).params
    assert (at_once.now, at_once.grace_s, at_once.rescue) == (True, 0.0, True)
    assert not proposal.plan().params.rescue


def local(name: str = "here", **detail: str) -> Resource:
    return resource(name, agent=name, source="local", kind=Kind.PROCESS, detail=detail)


def killing_local() -> Plan:
    return over(model_of(local()), "here").plan()


def test_until_somebody_looked_a_local_agent_counts_as_dirty() -> None:
    plan = killing_local()
    assert plan.dirt == ((local().key, LOOKING),)
    assert level(plan, production=False) is Level.WORD


@pytest.mark.parametrize(
    ("dirt", "wanted"),
    [
        (CLEAN, Level.KEY),
        (Dirt(state=DirtState.CLEAN, why="no git work tree"), Level.KEY),
        (DIRTY, Level.WORD),
        (unknown("git did not answer in time"), Level.WORD),
        (LOOKING, Level.WORD),
    ],
)
def test_only_what_is_known_to_be_clean_asks_for_a_key(dirt: Dirt, wanted: Level) -> None:
    plan = killing_local()
    plan = replace(plan, dirt=((plan.targets[0].key, dirt),))
    assert level(plan, production=False) is wanted
    assert level(plan, production=True) is Level.FLEET_NAME


def test_who_was_asked_about_and_not_answered_for_is_unknown() -> None:
    plan = killing_local()
    ((_, dirt),) = answered(plan.dirt, {})
    assert dirt.state is DirtState.UNKNOWN


def test_a_pause_asks_for_no_dirt() -> None:
    assert over(model_of(local()), "here", verb=Verb.PAUSE).plan().dirt == ()


def test_dirt_in_words_and_in_json() -> None:
    assert dirt_cell(DIRTY).text == "!! 3 files, 1 commit"
    assert dirt_cell(unknown("x")).text == "dirty? unknown"
    assert dirt_cell(CLEAN).text == "clean"
    plan = killing_local()
    (row,) = plan_rows(replace(plan, dirt=((plan.targets[0].key, DIRTY),)))
    assert (row["dirty"], row["dirty_files"], row["unpushed_commits"], row["branch"]) == ("dirty", 3, 1, "fix/8812")
    (row,) = plan_rows(replace(plan, dirt=((plan.targets[0].key, unknown("x")),)))
    assert (row["dirty"], row["dirty_files"], row["unpushed_commits"]) == ("unknown", None, None)


@pytest.mark.parametrize(
    ("verb", "row", "clause"),
    [
        (Verb.KILL, local(**{RESTART_POLICY: "always"}), "its runner (restart always) ends with it"),
        (Verb.KILL, local(**{RESTART_POLICY: "never"}), None),
        (Verb.KILL, local(), "who started it is not known"),
        (Verb.RESTART, local(**{RESTART_POLICY: "never"}), "its runner starts the same command again"),
        (Verb.RESTART, resource("a"), "only if its entry point starts it"),
        (Verb.PAUSE, resource("a", detail={AUTO_RESUME: "yes"}), "auto-resume is on"),
        (Verb.PAUSE, resource("a", detail={AUTO_RESUME: UNTOLD}), "if auto-resume is on, which no listing tells"),
        (Verb.PAUSE, resource("a", detail={AUTO_RESUME: "no"}), None),
        (Verb.KILL, resource("a"), None),
    ],
)
def test_who_would_start_it_again(verb: Verb, row: Resource, clause: str | None) -> None:
    said = comes_back(verb, row)
    assert said is None if clause is None else clause in (said or "")


def test_a_sandbox_that_broke_is_acted_on_and_not_called_left_out() -> None:
    broken = member("broken", phase=Phase.ENDED_FAILED)
    ended = replace(member("ended", phase=Phase.ENDED_OK), capabilities=frozenset())
    model = model_of(broken, ended)
    proposal = over(model, "broken", "ended")
    assert ids(proposal.plan()) == ["sbx_broken"]
    assert left_out(proposal.agents, proposal.plan()) == ("ended",)
