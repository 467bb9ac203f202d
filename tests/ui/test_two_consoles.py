"""Two consoles, one fleet: what one submits, takes or overlays the other is told of by the store."""

from pathlib import Path

from fleet_tui.domain.acknowledgement import Dealt
from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.ui.dialogs.plan import PlanDialog
from tests.support.facts import NOW, key, resource
from tests.support.shared_fleet import shared_fleet
from tests.support.wait import eventually_async, true


async def test_what_one_console_submits_the_other_sees(tmp_path: Path) -> None:
    async with shared_fleet(tmp_path / "state") as pair:
        await pair.one_pilot.press("W")
        await true(pair.one.session.may_act, what="an open window")
        pair.one.fleet_pane.table.move_to_key("agent-0")
        await pair.one_pilot.press("p")

        async def planned() -> bool:
            await pair.one_pilot.pause()
            return isinstance(pair.one.screen, PlanDialog)

        await eventually_async(planned, what="a plan")
        await pair.one_pilot.pause()
        await pair.one_pilot.click("#accept")

        async def accepted() -> bool:
            await pair.one_pilot.pause()
            return bool(pair.held.collector.accept(NOW))

        await eventually_async(accepted, what="the collector has the order")
        await pair.until_other(lambda model: model.actions, "the order")
        (record,) = pair.other.model.actions.values()
        assert (record.actor, record.target.key) == ("kim", key("s0"))


async def test_what_one_console_takes_the_other_sees_taken(tmp_path: Path) -> None:
    async with shared_fleet(tmp_path / "state") as pair:
        pair.one.fleet_pane.table.move_to_key("stuck")
        await pair.one_pilot.press("i")
        await pair.until_other(lambda model: model.acknowledgements, "that it was taken")
        (ack,) = pair.other.model.acknowledgements.values()
        assert (ack.by, ack.dealt) == ("kim", Dealt.TAKEN)


async def test_what_one_console_overlays_the_other_shows(tmp_path: Path) -> None:
    async with shared_fleet(tmp_path / "state") as pair:
        overlay = Overlay(subject="agent-1", field=AssignmentField.OWNER, value="lee", set_by="kim")
        pair.one.session.intents.overlay([overlay], now=NOW, host="h", why="")
        await pair.until_other(lambda model: model.agents["agent-1"].assignment.owner == "lee", "the other owner")


async def test_what_the_collector_observes_both_see(tmp_path: Path) -> None:
    async with shared_fleet(tmp_path / "state") as pair:
        pair.held.observe(changed=(resource("s7", agent="new"),))
        await pair.until_other(lambda model: "new" in model.agents, "the new agent")

        async def here_too() -> bool:
            await pair.one_pilot.pause()
            return "new" in pair.one.model.agents

        await eventually_async(here_too, what="the new agent in the first console")
