"""Whatever vendors and agents write, the console draws it as text: no control, no markup, no click, no lost column."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from fleet_tui.domain.action import NO_PARAMS, ActionId, IntentId, Verb
from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.identity import AgentId, Incarnation, Kind, Layer, SourceName
from fleet_tui.domain.money import Basis, Side
from fleet_tui.domain.outcome import Failed
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.record import ActionRecord, AuditRow
from fleet_tui.domain.resource import Event
from fleet_tui.domain.text import exact, has_hidden
from fleet_tui.domain.usage import Origin, Subject, UsageLine
from fleet_tui.ui.dialogs.plan import PlanDialog
from fleet_tui.ui.keymap import ACTIONS
from tests.support.capture import captured
from tests.support.consoles import Desk
from tests.support.corpora import own_hostile_names
from tests.support.facts import NOW, failure, finding, key, next_delta, resource, status, total, vitals, whole
from tests.support.wait import eventually_async

WIDE = (120, 32)
NAMES = own_hostile_names()
MARKUP = {
    "click": "[@click=app.ask('kill')]click me[/]",
    "close": "[/]",
    "zeros": "[00]",
    "link": "[link=javascript:alert(1)]x",
    "escaped": "\\[",
    "red": "[bold red]x",
}


def hostile_fleet(text: str) -> FleetDelta:
    """A fleet in which every field that somebody else writes is this text."""
    bad = resource(
        text or "x", agent=text or "x", name=text, team=text or None, owner=text or None, task=text or None,
        region=text or None, raw=text, phase=Phase.UNKNOWN, labels={text: text}, detail={"program": text},
    )  # fmt: skip
    lone = resource(f"lone{text}", name=text, owner=text or None)
    held = resource(f"m{text}", agent=text or "x", name=text, source="mem0", kind=Kind.MEMORY_SCOPE)
    fine = resource("fine", agent="fine", phase=Phase.STUCK)
    return replace(
        whole(bad, lone, held, fine),
        statuses=(status("e2b", failure=failure(text=text), ok_s=90), status("mem0")),
        vitals=(vitals(bad.key),),
        findings=(replace(finding(lone.key), evidence=text), finding(bad.key)),
        totals=(total(text, "1.5", team=text),),
        actions=(acted(text),),
    )


def acted(text: str) -> ActionRecord:
    return ActionRecord(
        action_id=ActionId("i.0"), intent_id=IntentId("i"), verb=Verb.KILL, params=NO_PARAMS,
        target=replace(resource("z").target, incarnation=Incarnation(text)), name=text, actor=text, host=text, via=text,
        why=text, submitted_at=NOW, not_after=NOW + timedelta(minutes=15), outcome=Failed(FailureClass.UNKNOWN, text),
    )  # fmt: skip


def hostile_desk(text: str) -> Desk:
    desk = Desk(hostile_fleet(text))
    desk.reader.logs = ((NOW, text), (None, f"a{text}b"))
    desk.reader.told_failures = (failure(text=text),)
    desk.reader.told_audit = (
        AuditRow(
            seq=1, at=NOW, actor=text, host=text, via=text, what=text, target=text, incarnation=text, outcome=text,
            reason=text, why=text, intent_id=text, action_id=text, hash=text,
        ),
    )  # fmt: skip
    desk.reader.told_events = (
        Event(event_id="1", at=NOW, source=text, key=key("x"), agent=AgentId(text), type=text, text=text),
    )
    desk.reader.told_usage = (
        UsageLine(
            line_id=text, subject=Subject(source=SourceName(text), layer=Layer.COMPUTE, kind=Kind.SANDBOX, id=text),
            side=Side.COST, origin=Origin.VENDOR_REPORT, basis=Basis.REPORTED, start=NOW, end=NOW, amount_micro=1,
            currency=text or "usd", quantity=text, unit=text,
        ),
    )  # fmt: skip
    return desk


async def through_everything(desk: Desk, pilot: Pilot[None]) -> None:
    """Every view, every screen and every plan, over the row that is worst."""
    await desk.settled(pilot, 3)
    for pressed in ("2", "3", "4", "6", "enter", "escape", "1", "j"):
        await pilot.press(pressed)
    looks = {"detail", "raw", "logs", "events", "money", "outcomes"}
    keys = [one.keys[0] for one in ACTIONS if one.action in looks or one.verb in {Verb.KILL, Verb.REASSIGN}]
    for pressed in keys:
        await pilot.press(pressed)
        await pilot.pause()
        await pilot.press("escape")
    await pilot.press("c", "asterisk", "ctrl+k")
    await pilot.pause()
    await pilot.press("escape")


SAMPLE = ["escape_clear", "clipboard", "newline", "bidi_override", "surrogate", "leading_joiner", "zalgo", "empty"]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    "text", [*(NAMES[name] for name in SAMPLE), MARKUP["click"], MARKUP["close"]], ids=[*SAMPLE, "click", "close"]
)
async def test_every_sink_draws_hostile_text_as_text(text: str) -> None:
    desk = hostile_desk(text)
    async with desk.app.run_test(headless=False, size=WIDE, notifications=True) as pilot:
        await through_everything(desk, pilot)
        assert captured(pilot).guard.strict
        assert desk.app.is_running
        assert "FLEET[" in desk.text()
    assert desk.intents.acts == 0


async def test_every_pane_draws_a_fleet_of_nothing_but_hostile_text() -> None:
    texts = [*NAMES.values(), *MARKUP.values()]
    parts = [hostile_fleet(text) for text in texts]
    desk = hostile_desk(texts[0])
    desk.reader.told_failures = tuple(failure(text=text) for text in texts)
    whole_fleet = FleetDelta(
        store_id="t",
        revision=1,
        whole=True,
        resources=tuple(r for part in parts for r in part.resources),
        statuses=parts[0].statuses,
        vitals=tuple(v for part in parts for v in part.vitals),
        findings=tuple(f for part in parts for f in part.findings),
        totals=tuple(t for part in parts for t in part.totals),
    )
    desk.reader.put(whole_fleet)
    async with desk.app.run_test(headless=False, size=(160, 60), notifications=True) as pilot:

        async def all_there() -> bool:
            await pilot.pause()
            return len(desk.app.fleet_pane.table.order) > len(texts)

        await eventually_async(all_there)
        for pressed in ("pagedown", "G", "2", "v", "3", "4", "pagedown", "6", "1"):
            await pilot.press(pressed)
            await pilot.pause()
        assert desk.app.is_running
        assert captured(pilot).guard.strict


@pytest.mark.parametrize("text", [MARKUP["click"], MARKUP["close"], MARKUP["link"]], ids=["click", "close", "link"])
async def test_markup_is_shown_literally_and_a_click_on_it_does_nothing(text: str) -> None:
    desk = Desk(whole(resource("s1", agent=text, task=text, team=text)))
    async with desk.open(WIDE, 1) as pilot:
        await desk.shows(pilot, text[:12])
        table = desk.app.fleet_pane.table
        for x in range(0, 110, 9):
            await pilot.click(table, offset=(x, 1))
        await pilot.press("p")
        await desk.shows(pilot, "PAUSE 1 sandbox")
        for y in range(10, 22, 4):
            for x in range(8, 110, 25):
                if isinstance(desk.app.screen, PlanDialog):
                    await pilot.click(offset=(x, y))
    assert desk.intents.acts == 0


@pytest.mark.parametrize("text", [NAMES[name] for name in SAMPLE], ids=SAMPLE)
async def test_trusted_columns_stand_where_they_stood(text: str) -> None:
    plain = Desk(whole(resource("s1", agent="plain"), resource("s2", agent="zz")))
    hostile = Desk(whole(resource("s1", agent=text or "x"), resource("s2", agent="zz")))
    places: list[int] = []
    for desk in (plain, hostile):
        async with desk.app.run_test(headless=False, size=WIDE) as pilot:
            await desk.settled(pilot, 2)
            await pilot.pause()
            driver = captured(pilot)
            lines = [at for at, line in enumerate(driver.screen()) if "sandbox" in line and "11m" in line]
            assert len(lines) == 2
            columns = {driver.column_of(line, word) for line in lines for word in ("sandbox",)}
            assert len(columns) == 1
            places.append(columns.pop())
    assert places[0] == places[1]


@pytest.mark.parametrize(
    "name",
    ["prod\u200b-1", "\u202e1-dorp", "pr\u043ed-1", "prod-1\u00a0"],
    ids=["zero width", "bidi", "cyrillic", "nbsp"],
)
async def test_a_confirmation_spells_what_the_eye_cannot_see(name: str) -> None:
    assert has_hidden(name)
    desk = Desk(whole(resource("sbx_1", agent=name, name=name)))
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        await pilot.press("ctrl+k")
        await desk.shows(pilot, exact(name))
        assert "sbx_1" in desk.text()
        assert "!! hidden or mixed" in desk.text()
        assert isinstance(desk.app.focused, Button)
        assert desk.app.focused.id == "cancel"
        await pilot.press("escape")
        await pilot.pause()
    assert desk.intents.acts == 0


async def test_an_error_in_a_dialog_accepts_nothing() -> None:
    desk = Desk(whole(resource("sbx_1", agent="a")))
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("W")
        await desk.shows(pilot, "[RW 10m]")
        await pilot.press("space", "ctrl+k")
        await desk.shows(pilot, "KILL 1 sandbox")
        desk.app.screen.query_one("#why", Input).remove()
        await pilot.pause()
        with pytest.raises(Exception, match="why"):
            desk.app.screen.accept()  # type: ignore[attr-defined]
    assert desk.intents.acts == 0


async def test_look_alikes_are_told_apart_on_the_screen() -> None:
    desk = Desk(
        whole(resource("s1", agent="prod-1\u200b"), resource("s2", agent="prod-1\u2060"), resource("s3", agent="x"))
    )
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, 3)
        await pilot.pause()
        drawn = [
            line.split()[1 if line.startswith(">") else 0]
            for line in desk.screen()
            if "sandbox" in line and "11m" in line
        ]
        assert len(set(drawn)) == 3
        assert sum("#" in name for name in drawn) == 2


async def test_raw_gives_every_text_back_exactly() -> None:
    desk = Desk(whole(resource("s1", agent="a\u202eb", task="x\x1b[2J")))
    async with desk.app.run_test(headless=False, size=(120, 60)) as pilot:
        await desk.settled(pilot, 1)
        await pilot.press("y")
        await desk.shows(pilot, json.dumps("a\u202eb"))
        await desk.shows(pilot, json.dumps("x\x1b[2J"))


async def test_a_row_that_turns_hostile_later_is_drawn_safely_too() -> None:
    desk = Desk(whole(resource("s1", agent="a")))
    async with desk.app.run_test(headless=False, size=WIDE) as pilot:
        await desk.settled(pilot, 1)
        for at, text in enumerate([*NAMES.values(), *MARKUP.values()], 2):
            desk.reader.put(next_delta(at, resources=(resource("s1", agent="a", task=text or None, raw=text),)))
        desk.reader.put(next_delta(999, resources=(resource("s1", agent="a", task="the last"),)))
        await desk.shows(pilot, "the last")
