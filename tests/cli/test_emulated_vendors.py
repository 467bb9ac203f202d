"""Commands over emulated vendors: wrong keys, dead vendors, verbs that reach a vendor, and no credential anywhere."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from e2b import AsyncSandbox

from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.mem0_platform import Mem0Platform
from tests.support.adapters import hurried
from tests.support.command import Cli, Ran
from tests.support.wait import eventually_async

CANARY = "e2b_c4n4ry7f3e9a51d2c4n4ry"


async def run(cli: Cli, *words: str) -> Ran:
    """Run a command while the emulators of this loop go on."""
    return await asyncio.to_thread(cli, *words)


@pytest.fixture
async def e2b() -> AsyncIterator[E2BEmulator]:
    async with E2BEmulator(clock=lambda: datetime.now(UTC), seed=1) as running:
        yield running


@pytest.fixture
async def mem0() -> AsyncIterator[Mem0Platform]:
    async with Mem0Platform(clock=hurried(), seed=1) as running:
        yield running


def configured(cli: Cli, e2b: E2BEmulator | None = None, mem0: Mem0Platform | None = None) -> None:
    text = ""
    if e2b is not None:
        text += f'[[source]]\nname = "e2b-us"\nprovider = "e2b"\nbase_url = "{e2b.base_url}"\n'
        cli.env["E2B_API_KEY"] = e2b.default_key
    if mem0 is not None:
        text += f'[[source]]\nname = "mem"\nprovider = "mem0"\nbase_url = "{mem0.base_url}"\n'
        cli.env["MEM0_API_KEY"] = mem0.default_key
    cli.write(text)


async def sandbox(e2b: E2BEmulator, **labels: str) -> str:
    box = await AsyncSandbox.create(
        "base",
        timeout=3600,
        metadata={f"fleet.{name}": value for name, value in labels.items()},
        api_key=e2b.default_key,
        api_url=e2b.base_url,
        sandbox_url=e2b.base_url,
        retries=0,
    )
    return box.sandbox_id


async def remember(mem0: Mem0Platform, agents: Sequence[str]) -> None:
    async with httpx.AsyncClient(base_url=mem0.base_url) as client:
        for agent in agents:
            answer = await client.post(
                "/v3/memories/add/",
                headers={"Authorization": f"Token {mem0.default_key}"},
                json={"messages": [{"role": "user", "content": "likes vim"}], "agent_id": agent, "infer": False},
            )
            answer.raise_for_status()


def everywhere(cli: Cli) -> bytes:
    """All that any file of the state directory holds."""
    files = [path for path in cli.state_dir.rglob("*") if path.is_file() and path.name != "ballast"]
    return b"".join(path.read_bytes() for path in files)


async def test_a_wrong_key_is_named_and_ends_in_4_where_nothing_else_can_be_read(cli: Cli, e2b: E2BEmulator) -> None:
    configured(cli, e2b)
    cli.env["E2B_API_KEY"] = CANARY

    look, act = await run(cli, "ls"), await run(cli, "kill", "all:", "--yes")
    once = await run(cli, "collect", "--status")

    assert (look.code, look.out) == (4, "")
    assert "e2b-us KEY REFUSED (401" in look.err
    assert (act.code, act.out) == (4, "")
    assert "nothing was done" in act.err
    told = "".join(ran.out + ran.err for ran in (look, act, once))
    assert CANARY not in told
    assert "Traceback" not in told
    assert CANARY.encode() not in everywhere(cli)


async def test_collect_once_reads_each_source_and_says_which_it_could_not(cli: Cli, e2b: E2BEmulator) -> None:
    configured(cli, e2b)
    good = await run(cli, "collect", "--once")
    cli.write(cli.config.read_text(encoding="utf-8") + '[[source]]\nname = "dead"\nprovider = "e2b"\n'
              'base_url = "http://127.0.0.1:1"\n')  # fmt: skip
    some = await run(cli, "collect", "--once")
    cli.env["E2B_API_KEY"] = CANARY
    none = await run(cli, "collect", "--once")

    assert [ran.code for ran in (good, some, none)] == [0, 1, 4]
    assert good.err == ""
    assert "dead" in some.err
    assert "e2b-us" not in some.err
    assert {"dead", "e2b-us"} <= set(none.err.replace(":", " ").split())


async def test_one_dead_vendor_costs_only_its_own_rows(cli: Cli, e2b: E2BEmulator) -> None:
    configured(cli, e2b)
    cli.write(cli.config.read_text(encoding="utf-8") + '[[source]]\nname = "dead"\nprovider = "e2b"\n'
              'base_url = "http://127.0.0.1:1"\n')  # fmt: skip
    box = await sandbox(e2b, agent="ci-1", team="ci")

    look = await run(cli, "ls", "--json")
    act = await run(cli, "kill", "ci-1", "--yes", "--json")

    assert look.code == 1
    assert "dead UNREACHABLE" in look.err
    assert [(row["agent"], row["team"]) for row in look.rows()] == [("ci-1", "ci")]
    assert [(row["id"], row["outcome"]) for row in act.rows()] == [(box, "done")]
    assert act.code == 0


async def test_rows_of_a_vendor_that_died_are_left_out_of_a_verb_by_name(cli: Cli, e2b: E2BEmulator) -> None:
    async with E2BEmulator(clock=lambda: datetime.now(UTC), seed=2) as other:
        configured(cli, e2b)
        cli.write(cli.config.read_text(encoding="utf-8") + '[[source]]\nname = "e2b-eu"\nprovider = "e2b"\n'
                  f'api_key = {{ env = "OTHER_KEY" }}\nbase_url = "{other.base_url}"\n')  # fmt: skip
        cli.env["OTHER_KEY"] = other.default_key
        here, there = await sandbox(e2b, agent="ci-1"), await sandbox(other, agent="ci-2")

        async def both() -> bool:
            return len((await run(cli, "ls", "--json")).rows()) == 2

        await eventually_async(both, what="both agents")
        await run(cli, "collect", "--stop")
    text = cli.config.read_text(encoding="utf-8")
    assert there in everywhere(cli).decode("latin-1")
    cli.write(text)

    async def stale() -> bool:
        rows = (await run(cli, "ls", "--json", "agent:ci-2")).rows()
        return bool(rows) and bool(rows[0]["stale"])

    await eventually_async(stale, timeout_s=60, what="the dead vendor's row turning stale")
    act = await run(cli, "kill", "all:", "--yes", "--expect", "1", "--json")

    assert {row["id"]: row["outcome"] for row in act.rows()} == {here: "done", there: "left_out"}
    assert act.code == 1


async def test_extend_and_kill_reach_the_vendor(cli: Cli, e2b: E2BEmulator) -> None:
    configured(cli, e2b)
    box = await sandbox(e2b, agent="ci-1")

    extended = await run(cli, "extend", "ci-1", "--for", "2h", "--yes", "--json")
    killed = await run(cli, "kill", box, "--yes", "--json")

    assert [(row["id"], row["outcome"]) for row in extended.rows()] == [(box, "done")]
    assert [(row["id"], row["outcome"]) for row in killed.rows()] == [(box, "done")]
    assert e2b.default_key.encode() not in everywhere(cli)


async def test_a_final_verb_needs_its_typed_word_and_ids_of_its_own_kind(
    cli: Cli, e2b: E2BEmulator, mem0: Mem0Platform
) -> None:
    configured(cli, e2b, mem0)
    box = await sandbox(e2b, agent="ci-1")
    await remember(mem0, ["ci-1", "old-1", "old-2"])

    async def scopes() -> dict[str, str]:
        rows = (await run(cli, "ls", "--resources", "kind:memory_scope", "--json")).rows()
        return {row["name"]: row["id"] for row in rows}

    found = await scopes()
    ids = [next(id_ for name, id_ in found.items() if old in name + id_) for old in ("old-1", "old-2")]
    unasked = await run(cli, "delete", *ids)
    unworded = await run(cli, "delete", *ids, "--yes")
    wrong = await run(cli, "delete", *ids, "--yes", "--word", "delete 1")
    other = await run(cli, "delete", box, "--yes", "--word", "delete 1")
    typo = await run(cli, "delete", f"{ids[0]}x", "--yes", "--word", "delete 1")
    assert set(ids) <= set((await scopes()).values())
    done = await run(cli, "delete", *ids, "--yes", "--word", "delete 2", "--json")

    assert [(ran.code, ran.out) for ran in (unasked, unworded, wrong, other)] == [(3, "")] * 4
    assert "--yes --word 'delete 2'" in unasked.err
    assert "delete does not touch a sandbox: use" in other.err
    assert (typo.code, ids[0] in typo.err) == (2, True)
    assert sorted((row["id"], row["outcome"]) for row in done.rows()) == sorted((id_, "done") for id_ in ids)
    assert done.code == 0


async def test_verbs_on_what_runs_leave_what_an_agent_holds(cli: Cli, e2b: E2BEmulator, mem0: Mem0Platform) -> None:
    configured(cli, e2b, mem0)
    await sandbox(e2b, agent="ci-1")
    await remember(mem0, ["ci-1"])

    ran = await run(cli, "kill", "ci-1", "--dry-run", "--json")

    assert {(row["kind"], row["outcome"]) for row in ran.rows()} == {("sandbox", "planned"), ("memory_scope", "stays")}
    assert "stays" in ran.err


async def test_no_credential_is_found_anywhere_after_a_day_of_commands(
    cli: Cli, e2b: E2BEmulator, mem0: Mem0Platform, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text(CANARY + "\n", encoding="utf-8")
    key.chmod(0o600)
    e2b.accepted_keys.add(CANARY)
    configured(cli, e2b, mem0)
    text = cli.config.read_text(encoding="utf-8").replace(
        'provider = "e2b"\n', f'provider = "e2b"\napi_key = {{ file = "{key}" }}\n'
    )
    cli.write(text)
    said = ""
    day = "ls|ls --json|config show|failures --json|audit|collect --status|kill all: --yes|show x|spend|collect --once"
    for words in (line.split() for line in day.split("|")):
        ran = await run(cli, *words)
        said += ran.out + ran.err

    for canary in (CANARY, mem0.default_key):
        assert canary not in said
        assert canary.encode() not in everywhere(cli)
