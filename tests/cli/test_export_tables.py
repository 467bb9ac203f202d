"""What `export` gives of FAILURES and ATTENTION is what the views show."""

from types import SimpleNamespace
from typing import cast

from fleet_tui.commands.fleet import Fleet
from fleet_tui.commands.tables import TABLES
from fleet_tui.config.settings import FleetSettings
from fleet_tui.domain.failure import FailureClass
from fleet_tui.domain.filter import parse_to_look
from fleet_tui.views.failures import open_incidents, open_table
from fleet_tui.views.model import FleetModel
from tests.support.consoles import MemoryReader
from tests.support.facts import NOW, failure, key, resource, whole


def a_fleet() -> Fleet:
    model = FleetModel()
    model.apply(whole(*(resource(f"s{n}", agent=f"a{n}", team="ci" if n % 2 else "ml") for n in range(6))), NOW)
    reader = MemoryReader()
    reader.told_failures = tuple(
        failure(FailureClass.PROVIDER_DOWN, of=key(f"s{n}"), at_s=60 + n, status=503) for n in range(6)
    )
    config = SimpleNamespace(fleet=FleetSettings())
    return cast("Fleet", SimpleNamespace(model=model, reader=reader, now=lambda: NOW, config=config))


def test_incidents_are_in_the_export_of_failures() -> None:
    fleet = a_fleet()
    view = TABLES["failures"](fleet, parse_to_look([]))
    told = open_incidents(fleet.model, list(fleet.reader.failures(since=NOW, limit=100)))

    assert told
    assert view == open_table(fleet.model, NOW, told=told)
    assert any("incident" in row.key for row in view.rows)


def test_a_filter_leaves_incidents_of_others_out() -> None:
    fleet = a_fleet()

    assert not TABLES["failures"](fleet, parse_to_look(["team:nobody"])).rows
