"""The root of the demo: emulated vendors and real local processes, with a real collector and a real console over them.

Everything it starts holds the read end of one pipe whose write end only the demo holds: when the demo ends, however it
ends, they see the end of the pipe and end too.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet_tui.emulator.faults import Fault, FaultKind

FLEET: Final = "demo"
GREETING: Final = "a demo: no real money. q leaves it; then fleet-tui run -- claude, or fleet-tui config init"
FAREWELL: Final = (
    "that was the demo, and nothing of it runs on; for real: `fleet-tui run -- claude` starts an agent, "
    "`fleet-tui config init` watches your accounts, `fleet-tui` opens the console"
)
READY_WITHIN_S: Final = 20.0
GONE_WITHIN_S: Final = 3.0
_LOOK_S: Final = 0.02
_KEPT_VARIABLES: Final = ("PATH", "LANG", "LC_ALL", "TERM", "COLORTERM", "NO_COLOR", "TZ")
_LOOPS_WITHIN_S: Final = 1.0
"""The first wait of what crashes again and again: short, so that the loop is seen at once."""
_PLACE_COSTS: Final = """[[price]]
provider = "local"
unit = "hour"
amount = "0.02"
source = "a machine of 10 places at 0.20 an hour, as an operator would write it down"
as_of = "2026-11-01"
"""
_FIRST_TROUBLE_S: Final = 25.0
_TROUBLE_EVERY_S: Final = (60.0, 180.0)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where one demo stands: its configuration, its state, and the pipe that ends it all."""

    folder: Path
    read_end: int
    write_end: int

    @property
    def config_file(self) -> Path:
        return self.folder / "fleet.toml"

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    @property
    def env(self) -> dict[str, str]:
        """No key and no configuration of whoever runs the demo."""
        kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        return {**kept, "HOME": str(self.folder)}


def main(*, agents: int, seed: int, chaos: bool, once: bool, resources: bool, json: bool) -> int:
    """Run a demo until its console is left, or print its fleet once; the exit code of either."""
    os.umask(0o077)
    for told in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(told, lambda number, _: sys.exit(128 + number))
    with _ground() as ground, _children(ground, agents=agents, seed=seed, chaos=chaos):
        if once:
            options = [*(["--resources"] if resources else []), *(["--json"] if json else [])]
            words = [sys.executable, "-P", "-m", "fleet_tui", "ls", *options]
            words += ["--config", str(ground.config_file), "--state-dir", str(ground.state_dir)]
            return subprocess.run(words, env=ground.env, check=False).returncode
        from fleet_tui import console

        code = console.run(ground.config_file, ground.state_dir, env=ground.env, greeting=GREETING)
        print(FAREWELL, file=sys.stderr)  # noqa: T201 - a command talks on stderr
        return code


@contextmanager
def _ground() -> Generator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="fleet-tui-demo-"))
    read_end, write_end = os.pipe()
    ground = Ground(folder, read_end, write_end)
    ground.state_dir.mkdir(mode=0o700)
    try:
        yield ground
    finally:
        os.close(read_end)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _children(ground: Ground, *, agents: int, seed: int, chaos: bool) -> Generator[None]:
    """The vendors, the local agents and the collector; none of them is left when this is left."""
    vendors = _start(ground, "vendors", str(agents), str(seed), "chaos" if chaos else "calm", listen=True)
    started = [vendors]
    try:
        _run_local_agents(ground, agents, seed)
        _write_config(ground, _addresses(vendors))
        started.append(_start(ground, "collector", str(ground.config_file), str(ground.state_dir)))
        _await_collector(ground, started[-1])
        yield
    finally:
        os.close(ground.write_end)
        _await_gone(started)
        _await_local_agents_gone(ground)


def _start(ground: Ground, role: str, *words: str, listen: bool = False) -> subprocess.Popen[bytes]:
    """This module again, as a child with a role, that ends with the pipe."""
    log = os.open(ground.folder / f"{role}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        return subprocess.Popen(
            [
                sys.executable,
                "-P",
                "-c",
                "from fleet_tui.demo import child; child()",
                role,
                str(ground.read_end),
                *words,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if listen else log,
            stderr=log,
            env=ground.env,
            cwd="/",
            pass_fds=(ground.read_end,),
            start_new_session=True,
        )
    finally:
        os.close(log)


def _addresses(vendors: subprocess.Popen[bytes]) -> dict[str, dict[str, str]]:
    """What the vendors' process says once they all listen: `{name: {url, key}}`."""
    if vendors.stdout is None or not (line := vendors.stdout.readline()):
        raise RuntimeError("the emulated vendors did not start")
    vendors.stdout.close()
    answer: dict[str, dict[str, str]] = json.loads(line)
    return answer


def _write_config(ground: Ground, addresses: Mapping[str, Mapping[str, str]]) -> None:
    """A fleet.toml as anybody would write it; the keys are files beside it."""
    parts = [f'[fleet]\nname = "{FLEET}"\n', '[[source]]\nname = "local"\nprovider = "local"\ndiscover = false\n']
    for name, at in addresses.items():
        key = ground.folder / f"{name}.key"
        key.touch(mode=0o600)
        key.write_text(at["key"], encoding="utf-8")
        more = f'analytics_url = "{at["url"]}"\nwrite_labels = true\n' if name == "daytona" else ""
        parts.append(
            f'[[source]]\nname = "{name}"\nprovider = "{name}"\nbase_url = "{at["url"]}"\n'
            f'api_key = {{ file = "{key}" }}\n{more}'
        )
    ground.config_file.with_name("rates.toml").write_text(_PLACE_COSTS, encoding="utf-8")
    ground.config_file.write_text("\n".join(parts), encoding="utf-8")


def _run_local_agents(ground: Ground, agents: int, seed: int) -> None:
    from fleet_tui import clock
    from fleet_tui.emulator.local_work import script_of
    from fleet_tui.emulator.world import Behaviour, Vendor, seed_world
    from fleet_tui.providers.local.launch import NotLaunched, RunRequest, launch
    from fleet_tui.providers.local.policy import Backoff, RestartPolicy

    for number, agent in enumerate(a for a in seed_world(agents, seed, clock.now()) if a.count(Vendor.LOCAL)):
        loops = agent.behaviour is Behaviour.LOOPS
        answer = launch(
            RunRequest(
                name=agent.id,
                argv=("/bin/sh", "-c", script_of(agent, number)),
                cwd=ground.folder,
                environment=ground.env,
                state_dir=ground.state_dir,
                team=agent.team,
                task=agent.task,
                owner=agent.owner,
                parent=agent.parent,
                restart=RestartPolicy.ON_FAILURE if number % 2 or loops else RestartPolicy.NEVER,
                backoff=Backoff() if number % 2 else Backoff(first_s=_LOOPS_WITHIN_S),
                end_with_fd=ground.read_end,
            )
        )
        if isinstance(answer, NotLaunched):
            print(f"fleet-tui: {agent.id}: {answer.text}", file=sys.stderr)  # noqa: T201 - a command talks on stderr


def _await_collector(ground: Ground, collector: subprocess.Popen[bytes]) -> None:
    """Wait until it holds the store, so that nobody starts a second one."""
    from fleet_tui.store.lock import collector_holder

    deadline = time.monotonic() + READY_WITHIN_S
    while collector_holder(ground.state_dir) is None:
        if collector.poll() is not None or time.monotonic() > deadline:
            log = (ground.folder / "collector.log").read_text(encoding="utf-8", errors="replace")
            raise RuntimeError(f"the demo's collector did not start: {log[-500:]}")
        time.sleep(_LOOK_S)


def _await_gone(started: list[subprocess.Popen[bytes]]) -> None:
    for one in started:
        try:
            one.wait(GONE_WITHIN_S)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()


def _await_local_agents_gone(ground: Ground) -> None:
    """They see the same end of the pipe, and write into the demo's folder until they have ended."""
    from fleet_tui.providers.local.launch import RUNS
    from fleet_tui.providers.local.processes import alive
    from fleet_tui.providers.local.runs import read_run, run_directories

    runs = (read_run(directory) for directory in run_directories(ground.state_dir / RUNS))
    runners = [run.started.runner.ref for run in runs if run is not None]
    deadline = time.monotonic() + GONE_WITHIN_S
    while any(alive(runner) for runner in runners) and time.monotonic() < deadline:
        time.sleep(_LOOK_S)


def child() -> None:
    """The entry of a child: `argv` is its role, the pipe's read end, and what the role needs."""
    os.umask(0o077)
    role, read_end, *words = sys.argv[1:]
    threading.Thread(target=_end_with, args=(int(read_end),), daemon=True).start()
    if role == "vendors":
        import asyncio

        agents, seed, mood = words
        asyncio.run(_play_vendors(int(agents), int(seed), chaos=mood == "chaos"))
    else:
        from fleet_tui.collector import collect_and_exit

        config, state_dir = words
        collect_and_exit(Path(config), Path(state_dir))


def _end_with(read_end: int) -> None:
    """Block until nobody holds the other end, then end this process at once."""
    while os.read(read_end, 1):
        pass
    os._exit(0)


async def _play_vendors(agents: int, seed: int, *, chaos: bool) -> None:
    """Serve one seeded world on loopback, saying first where; time moves by itself for ever."""
    import asyncio
    from contextlib import AsyncExitStack

    from fleet_tui import clock
    from fleet_tui.emulator.daytona import DaytonaEmulator
    from fleet_tui.emulator.e2b import E2BEmulator
    from fleet_tui.emulator.mem0_platform import Mem0Platform
    from fleet_tui.emulator.stripe import StripeEmulator
    from fleet_tui.emulator.world import seed_world

    world = seed_world(agents, seed, clock.now())
    vendors = [
        made(clock=clock.now, seed=seed) for made in (E2BEmulator, DaytonaEmulator, Mem0Platform, StripeEmulator)
    ]
    async with AsyncExitStack() as stack:
        for vendor in vendors:
            vendor.fill(world)
            if chaos:
                vendor.faults.add(*_chaos())
            await stack.enter_async_context(vendor)
        where = {vendor.name: {"url": vendor.base_url, "key": vendor.default_key} for vendor in vendors}
        sys.stdout.write(json.dumps(where) + "\n")
        sys.stdout.flush()
        troubles = _troubles([vendor.name for vendor in vendors], seed)
        begun_s, (trouble_s, troubled, fault) = time.monotonic(), next(troubles)
        while True:
            await asyncio.sleep(1.0)
            for vendor in vendors:
                vendor.advance(clock.now())
            if time.monotonic() - begun_s >= trouble_s:
                next(vendor for vendor in vendors if vendor.name == troubled).faults.add(fault)
                trouble_s, troubled, fault = next(troubles)


def _troubles(names: Sequence[str], seed: int) -> Iterator[tuple[float, str, Fault]]:
    """What goes wrong now and then on a calm day: seconds from the start, at which vendor, and what; for ever."""
    from fleet_tui.emulator.chance import die_for

    die, at_s = die_for("troubles", seed), _FIRST_TROUBLE_S
    while True:
        kind = die.choice((FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.GATEWAY_HTML))
        yield at_s, die.choice(names), Fault(kind=kind, times=die.choice((1, 1, 2)), status=503, retry_after_s=10)
        at_s += die.uniform(*_TROUBLE_EVERY_S)


def _chaos() -> tuple[Fault, ...]:
    often = (FaultKind.RATE_LIMITED, FaultKind.SERVER_ERROR, FaultKind.GATEWAY_HTML, FaultKind.TRUNCATED_JSON)
    seldom = (FaultKind.HANG, FaultKind.RESET_BEFORE, FaultKind.RESET_AFTER, FaultKind.VANISHED_ROWS)
    return (
        *(Fault(kind=kind, probability=0.04) for kind in often),
        *(Fault(kind=kind, probability=0.01) for kind in seldom),
    )
