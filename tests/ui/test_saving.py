"""One key saves what is shown, for its owner's eyes only."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.phase import Phase
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.widgets.table import FleetTable
from tests.support.consoles import Desk
from tests.support.desks import a_fleet
from tests.support.facts import failure, finding, key, resource, status, total, whole

WIDE = (120, 32)


async def test_the_rows_of_a_view_are_saved_as_they_stand(tmp_path: Path) -> None:
    desk = Desk(whole(resource("a", agent="=cmd()"), resource("b", agent="bb")), state_dir=tmp_path)
    async with desk.open(WIDE, 2) as pilot:
        await pilot.press("slash", *"cmd", "enter")
        await desk.settled(pilot, 1)
        await pilot.press("ctrl+s")
        await desk.tells(pilot, f"1 row saved: {tmp_path}/exports/fleet-20")
    (table,) = (tmp_path / "exports").glob("fleet-*.csv")
    (rows,) = (tmp_path / "exports").glob("fleet-*.json")
    assert table.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "exports").stat().st_mode & 0o777 == 0o700
    heading, row = list(csv.reader(table.read_text(encoding="utf-8").splitlines()))
    assert heading[0] == "AGENT"
    assert row[0] == "'=cmd()"
    assert json.loads(rows.read_text(encoding="utf-8"))[0]["AGENT"] == "=cmd()"


async def test_every_table_of_a_view_is_saved(tmp_path: Path) -> None:
    desk = Desk(replace(whole(resource("a")), findings=(finding(key("a")),)), state_dir=tmp_path)
    async with desk.open(WIDE, 1) as pilot:
        await pilot.press("4", "ctrl+s")
        await desk.tells(pilot, f"saved: {tmp_path}/exports/sprawl", times=2)
    assert len(list((tmp_path / "exports").glob("sprawl*.csv"))) == 2


@pytest.mark.parametrize("view", list(View))
async def test_what_is_saved_of_a_view_is_what_it_shows_with_every_column(view: View, tmp_path: Path) -> None:
    fleet = whole(
        resource("a", agent="a", team="ci", phase=Phase.STUCK),
        resource("b", agent="b", team="ml", parent="a"),
        resource("c", agent="c", team="ml", owner="kim", phase=Phase.ENDED_FAILED, raw="exit 1"),
    )
    down = status(failure=failure(FailureClass.PROVIDER_DOWN), ok_s=None)
    fleet = replace(fleet, statuses=(down,), findings=(finding(key("a")),), totals=(total("a", "3", team="ci"),))
    desk = Desk(fleet, state_dir=tmp_path)
    desk.reader.told_failures = tuple(
        failure(FailureClass.PROVIDER_DOWN, of=key(id_), at_s=60 + n) for n, id_ in enumerate("abab")
    )
    async with desk.open(WIDE, 3) as pilot:
        await desk.app.action_view(view.value)
        await desk.read(pilot)
        tables = list(desk.app.pane.query(FleetTable))
        await pilot.press("ctrl+s")

        def saved() -> list[list[dict[str, str]]]:
            found = sorted((tmp_path / "exports").glob("*.json")) if (tmp_path / "exports").exists() else []
            return [json.loads(path.read_text(encoding="utf-8")) for path in found]

        await desk.tells(pilot, f"saved: {tmp_path}/exports/", times=len(tables))
        shown = [(len(table.order), {column.name for column in table.columns} - {""}) for table in tables]
    assert sorted(map(len, saved())) == sorted(count for count, _ in shown)
    assert any(saved()) or view is View.AUDIT
    assert all(set(rows[0]) in [columns for _, columns in shown] for rows in saved() if rows)


async def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "exports").write_text("a file in the way", encoding="utf-8")
    desk = Desk(a_fleet(), state_dir=tmp_path)
    async with desk.open(WIDE) as pilot:
        await pilot.press("ctrl+s")
        await desk.tells(pilot, "cannot be written")


async def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    state = tmp_path / "state"
    state.mkdir()
    (state / "exports").symlink_to(tmp_path / "elsewhere")
    desk = Desk(a_fleet(), state_dir=state)
    async with desk.open(WIDE) as pilot:
        await pilot.press("ctrl+s")
        await desk.tells(pilot, "cannot be written")
    assert list((tmp_path / "elsewhere").iterdir()) == []
