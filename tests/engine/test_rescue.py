"""A rescue keeps what an agent has not handed in, masked and for its owner only; and it is never in the way."""

import asyncio
import random
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from fleet_tui.clock import SystemClock
from fleet_tui.config.keep import keep, own_folder
from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import ActionId, IntentId, Order, Params, Verb
from fleet_tui.domain.identity import Incarnation, Kind, ResourceKey, Target
from fleet_tui.domain.outcome import Done, Outcome
from fleet_tui.domain.record import ActionRecord
from fleet_tui.engine.rescue import WITHIN_S, rescued, with_note
from fleet_tui.engine.source import Source
from fleet_tui.engine.surroundings import Surroundings
from fleet_tui.testing.fake_adapter import FAKE, FakeAdapter
from fleet_tui.testing.fake_vendor import Effect, FakeVendor
from fleet_tui.testing.inline import Inline
from fleet_tui.testing.memory_store import MemoryStore
from fleet_tui.testing.rig import SOURCE, Rig, rig, running
from fleet_tui.testing.virtual_time import START, run_virtually, virtually
from tests.support.facts import NOW

ASKED = Params(rescue=True)
SECRET = "plainly-the-secret-of-another-source"


class Rescues(FakeAdapter):
    """Gives what a test put in; `hangs` never answers; remembers when it was asked."""

    files: Mapping[str, str]
    hangs: bool = False
    breaks: bool = False
    asked_before: Sequence[Verb] | None = None
    watched: FakeVendor

    def effects(self) -> Sequence[Effect]:
        return self.watched.effects

    async def rescue(self, order: Order, within_s: float) -> tuple[Mapping[str, str], Sequence[str]]:
        self.asked_before = [effect.verb for effect in self.effects()]
        if self.hangs:
            await asyncio.Event().wait()
        if self.breaks:
            raise RuntimeError("no")
        return self.files, ("a large file",)


def a_record(params: Params = ASKED) -> ActionRecord:
    return ActionRecord(
        action_id=ActionId("i1.0"),
        intent_id=IntentId("i1"),
        verb=Verb.KILL,
        params=params,
        target=Target(ResourceKey(SOURCE, Kind.SANDBOX, "a"), Incarnation("a")),
        name="../ci-fix 07",
        actor="kim",
        host="h",
        via="console",
        why="",
        submitted_at=NOW,
        not_after=NOW,
    )


def parts_with(adapter_files: Mapping[str, str]) -> tuple[Rig, Rescues]:
    parts = rig()
    adapter = Rescues(parts.vendor, source=SOURCE, clock=parts.clock, chance=random.Random(0))
    adapter.files, adapter.watched = adapter_files, parts.vendor
    parts.around.sources[SOURCE] = Source(name=SOURCE, provider=FAKE, adapter=adapter)
    return parts, adapter


async def kept_at(state_dir: Path, files: Mapping[str, str]) -> str:
    _, adapter = parts_with(files)
    source = Source(name=SOURCE, provider=FAKE, adapter=adapter)
    around = Surroundings(
        clock=SystemClock(),
        store=MemoryStore(),
        offload=Inline(),
        chance=random.Random(0),
        state_dir=state_dir,
        secrets=(Secret(SECRET),),
    )
    return await rescued(a_record(), source, around)


async def test_files_are_the_owners_alone_and_named_by_the_action(tmp_path: Path) -> None:
    clause = await kept_at(tmp_path, {"log.txt": "last words\n", "work.diff": "+x\n"})
    (folder,) = (tmp_path / "rescue").iterdir()
    assert folder.name.endswith("-_ci-fix_07-i1.0")
    assert clause == f"rescued into rescue/{folder.name}: log.txt, work.diff; missing: a large file"
    assert (folder / "log.txt").read_text() == "last words\n"
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


async def test_secrets_are_masked_known_ones_and_what_looks_like_one(tmp_path: Path) -> None:
    key = "sk-" + "abcdef1234567890"
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\ndefghi\n-----END RSA PRIVATE KEY-----\n"
    text = f"+token = {key}\n+{SECRET}\n{pem}+after\n"
    await kept_at(tmp_path, {"work.diff": text})
    (file,) = (tmp_path / "rescue").glob("*/work.diff")
    held = file.read_text()
    for leaked in (key, SECRET, "MIIabc", "defghi"):
        assert leaked not in held
    assert held.endswith("+after\n")


async def test_what_begins_like_a_private_key_hides_not_all_that_follows(tmp_path: Path) -> None:
    await kept_at(tmp_path, {"work.diff": "-----BEGIN PRIVATE KEY\n" + "x\n" * 1000 + "the end\n"})
    (file,) = (tmp_path / "rescue").glob("*/work.diff")
    assert file.read_text().endswith("the end\n")


async def test_a_link_in_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    elsewhere.mkdir()
    (state / "rescue").symlink_to(elsewhere)
    clause = await kept_at(state, {"log.txt": "x"})
    assert clause.startswith("not rescued")
    assert list(elsewhere.iterdir()) == []


def killed(params: Params, *, hangs: bool = False, breaks: bool = False) -> tuple[Outcome, Rescues, float]:
    async def scene() -> tuple[Outcome, Rescues, float]:
        parts, adapter = parts_with({})
        adapter.hangs, adapter.breaks = hangs, breaks
        parts.around.state_dir = Path("/nowhere")
        async with running(parts):
            box = parts.start("a")
            began = parts.clock.monotonic_s()
            (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, box, params=params))
            assert [effect.verb for effect in parts.vendor.effects] == [Verb.KILL]
            return outcome, adapter, parts.clock.monotonic_s() - began

    return run_virtually(scene())


def test_it_comes_before_the_effect() -> None:
    outcome, adapter, _ = killed(ASKED)
    assert outcome == Done("kill: the vendor said so; not rescued; missing: a large file")
    assert adapter.asked_before == []


def test_a_rescue_that_hangs_or_breaks_does_not_stop_the_kill() -> None:
    outcome, _, took_s = killed(ASKED, hangs=True)
    assert outcome == Done(f"kill: the vendor said so; not rescued: that took longer than {WITHIN_S:.0f} s")
    assert took_s < 30
    outcome, _, _ = killed(ASKED, breaks=True)
    assert outcome == Done("kill: the vendor said so; not rescued: RuntimeError; the collector's log has more")


def test_nothing_is_rescued_that_nobody_asked_for() -> None:
    outcome, adapter, _ = killed(Params())
    assert outcome == Done("kill: the vendor said so")
    assert adapter.asked_before is None


@virtually
async def test_kill_now_is_not_held_up() -> None:
    parts, adapter = parts_with({})
    adapter.hangs = True
    parts.around.state_dir = Path("/nowhere")
    async with running(parts):
        box = parts.start("a")
        began = parts.clock.monotonic_s()
        actions = parts.submit(Verb.KILL, box, params=replace(ASKED, now=True))
        await parts.until(lambda: parts.vendor.effects)
        assert parts.clock.monotonic_s() - began < WITHIN_S / 2
        (outcome,) = await parts.outcomes(*actions)
        assert "not rescued" in outcome.detail


@virtually
async def test_a_provider_whose_files_nobody_sees_says_so() -> None:
    async with running(rig()) as parts:
        box = parts.start("a")
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, box, params=ASKED))
        assert isinstance(outcome, Done)
        assert "not rescued: nobody here sees the files" in outcome.detail


def test_a_note_stands_behind_what_was_seen() -> None:
    assert with_note(Done(), "kept") == Done("kept")
    assert with_note(Done("ended"), "kept") == Done("ended; kept")


@virtually
async def test_the_collector_takes_old_rescues_away(tmp_path: Path) -> None:
    old = own_folder(tmp_path, "rescue", f"{START - timedelta(days=31):%Y-%m-%dT%H%M%SZ}-ci-fix-i1.0")
    keep(old, "log.txt", "words")

    parts = rig()
    parts.around.state_dir = tmp_path
    async with running(parts):
        await parts.until(lambda: not old.exists(), within_s=600)
