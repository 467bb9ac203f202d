"""The local provider lists what is there, with how it is, what it says and how it ended."""

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fleet_tui.domain.action import Verb
from fleet_tui.domain.assignment import Assignment
from fleet_tui.domain.capability import Capability
from fleet_tui.domain.identity import Kind, ResourceKey, SourceName
from fleet_tui.domain.money import Basis, Rate
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.rates import RateCard
from fleet_tui.domain.resource import SignalKind
from fleet_tui.ports import Getter, Killer, Lister, LogPage, LogReader, Pauser, ProviderError, Restarter, Resumer
from fleet_tui.providers.local.adapter import LocalAdapter
from fleet_tui.providers.local.settings import LocalSettings
from tests.providers.local.conftest import Hold
from tests.providers.local.rows import NOW, NOW_PLEASE, done, row_of
from tests.support.adapters import context_for, order_for, price
from tests.support.wait import eventually_async


def test_it_can_do_what_its_rows_may_offer(local: LocalAdapter) -> None:
    for port in (Lister, Getter, Pauser, Resumer, Killer, Restarter, LogReader):
        assert isinstance(local, port)


async def test_nothing_started_is_a_complete_and_empty_listing(local: LocalAdapter) -> None:
    listing = await local.list_resources(NOW)

    assert (listing.resources, listing.complete, listing.kinds) == ((), True, frozenset({Kind.PROCESS}))


async def test_a_run_is_a_row_with_its_agent_and_assignment(hold: Hold, local: LocalAdapter, tmp_path: Path) -> None:
    held = hold("sleep", "1000", team="ops", task="T-1", owner="eve", parent="boss")

    row = await row_of(local, held)

    assert (row.name, row.agent, row.claimed_by) == ("ada", "ada", "label fleet.agent")
    assert row.assignment == Assignment(owner="eve", team="ops", task="T-1", parent="boss")
    assert (row.phase.phase, row.incarnation, row.generation) == (Phase.RUNNING, held.launched.run_id, "1")
    assert row.capabilities == {Capability.PAUSE, Capability.KILL, Capability.RESTART, Capability.LOGS}
    assert dict(row.detail)["directory"] == str(tmp_path)
    assert row.created_at is not None
    assert row.observes_work


async def test_what_a_place_on_this_machine_costs_only_the_operator_can_say(hold: Hold, tmp_path: Path) -> None:
    held, settings = hold("sleep", "1000"), LocalSettings(name="local", provider="local", discover=False)
    context = context_for("local", tmp_path / "state")
    priced = replace(context, rates=RateCard({("local", "hour"): price("0.02")}))

    assert (await row_of(LocalAdapter(settings, {}, context), held)).rate is None
    rate = (await row_of(LocalAdapter(settings, {}, priced), held)).rate
    assert rate == Rate(microusd_per_hour=20_000, basis=Basis.ESTIMATED)


async def test_no_argument_and_no_variable_is_in_any_row(hold: Hold, local: LocalAdapter) -> None:
    hold("sh", "-c", "sleep 1000; : canary", environment={"PATH": os.environ["PATH"], "KEY": "canary"})

    listing = await local.list_resources(NOW)

    assert len(listing.resources) == 1
    assert "canary" not in repr(listing)


async def test_cpu_needs_two_looks_and_is_a_sign_of_work(hold: Hold, local: LocalAdapter) -> None:
    hold("sh", "-c", "while :; do :; done")
    (first,) = (await local.list_resources(NOW)).vitals

    async def busy() -> bool:
        (vitals,) = (await local.list_resources(NOW)).vitals
        return vitals.signal_kind is SignalKind.CPU and (vitals.cpu_percent or 0) > 5 and vitals.signal_at == NOW

    assert first.cpu_percent is None
    assert first.memory_bytes
    await eventually_async(busy)


async def test_output_is_a_sign_of_work_and_silence_is_none(hold: Hold, local: LocalAdapter) -> None:
    quiet, loud = hold("sleep", "1000"), hold("sh", "-c", "echo hello; exec sleep 1000")
    loud.says("hello")

    vitals = {one.key.id: one for one in (await local.list_resources(NOW)).vitals}

    assert vitals[loud.launched.run_id].signal_kind is SignalKind.OUTPUT
    assert vitals[loud.launched.run_id].signal_at is not None
    assert vitals[quiet.launched.run_id].signal_at is None


async def test_lines_of_a_log_know_their_run(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "echo hello; exec sleep 1000")
    row = await row_of(local, held)

    async def first_page(after: str | None) -> LogPage:
        page = LogPage(lines=(), cursor=after)

        async def there() -> bool:
            nonlocal page
            page = await local.read_logs(row.key, after=after, limit=50)
            return bool(page.lines)

        await eventually_async(there, what="a line of the log")
        return page

    first = await first_page(None)
    assert done(await local.restart(order_for(Verb.RESTART, row, NOW_PLEASE))) == "generation 2 runs"
    second = await first_page(first.cursor)

    assert [(page.generation, page.lines[0][1]) for page in (first, second)] == [("1", "hello"), ("2", "hello")]


@pytest.mark.parametrize(
    ("command", "phase"),
    [("exit 0", Phase.ENDED_OK), ("exit 3", Phase.ENDED_FAILED), ("kill -9 $$", Phase.ENDED_FAILED)],
)
async def test_an_end_is_told_with_how(hold: Hold, local: LocalAdapter, command: str, phase: Phase) -> None:
    held = hold("sh", "-c", command)
    ended = held.ended()

    row = await row_of(local, held)

    assert row.phase.phase is phase
    assert row.phase.since is not None
    assert row.phase.since.timestamp() == pytest.approx(ended.ended_at)


async def test_what_ended_long_ago_is_removed_and_what_runs_is_not(hold: Hold, local: LocalAdapter) -> None:
    running, ended = hold("sleep", "1000"), hold("true")
    ended.ended()
    ended.gone()

    await local.list_resources(datetime.now(UTC) + timedelta(days=8))

    assert running.directory.exists()
    assert not ended.directory.exists()


async def test_a_run_of_before_the_reboot_is_lost_whoever_has_its_pid_now(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sleep", "1000")
    started = held.directory / "started"
    facts = json.loads(started.read_text())
    started.write_text(json.dumps({**facts, "boot_id": "another"}))

    row = await row_of(local, held)

    started.write_text(json.dumps(facts))
    assert row.phase.phase is Phase.ENDED_LOST
    assert row.capabilities == {Capability.LOGS}


async def test_a_run_that_cannot_be_read_makes_the_listing_partial(hold: Hold, local: LocalAdapter) -> None:
    hold("sleep", "1000")
    broken = hold("true")
    broken.ended()
    broken.gone()
    whole = (broken.directory / "started").read_text()
    (broken.directory / "started").write_text("{")

    listing = await local.list_resources(NOW)

    (broken.directory / "started").write_text(whole)
    assert (len(listing.resources), listing.complete) == (1, False)
    assert broken.launched.run_id in listing.notes[0]


async def test_a_run_that_cannot_be_read_is_not_gone(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sleep", "1000")
    row = await row_of(local, held)
    whole = (held.directory / "state").read_text()
    (held.directory / "state").write_text("{")

    with pytest.raises(ProviderError, match="cannot be read"):
        await local.get_resource(row.key, NOW)
    with pytest.raises(ProviderError, match="cannot be read"):
        await local.kill(order_for(Verb.KILL, row))

    (held.directory / "state").write_text(whole)
    assert await local.get_resource(row.key, NOW) is not None


async def test_the_log_is_read_page_by_page(hold: Hold, local: LocalAdapter) -> None:
    held = hold("sh", "-c", "for i in 1 2 3 4 5; do echo line $i; done; printf rest")
    held.ended()
    key = (await row_of(local, held)).key

    last = await local.read_logs(key, after=None, limit=3)
    first = await local.read_logs(key, after="0", limit=2)
    second = await local.read_logs(key, after=first.cursor, limit=10)

    assert [text for _, text in first.lines] == ["line 1", "line 2"]
    assert first.more
    assert [text for _, text in second.lines] == ["line 3", "line 4", "line 5", "rest"]
    assert [text for _, text in last.lines] == ["line 3", "line 4", "line 5"]


@pytest.mark.parametrize("id_", ["../../etc/passwd", "/etc/passwd", "..", "", ".left"])
async def test_an_id_names_a_directory_of_ours_or_nothing(local: LocalAdapter, id_: str) -> None:
    page = await local.read_logs(ResourceKey(SourceName("local"), Kind.PROCESS, id_), after=None, limit=3)

    assert page.lines == ()


async def test_a_file_of_agents_that_is_wrong_is_told_and_the_rest_goes_on(tmp_path: Path, hold: Hold) -> None:
    hold("sleep", "1000")
    (tmp_path / "agents.toml").write_text("[x")
    settings = LocalSettings(name="local", provider="local", agents_file=str(tmp_path / "agents.toml"))

    listing = await LocalAdapter(settings, {}, context_for("local", tmp_path / "state")).list_resources(NOW)

    assert "ada" in {row.name for row in listing.resources}
    assert not listing.complete
    assert "agents.toml" in listing.notes[0]
