"""Real runs of real processes: each is bound to a pipe that ends with the test, so nothing outlives it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fleet_tui.providers.local.adapter import LocalAdapter
from fleet_tui.providers.local.facts import ProcessRef
from fleet_tui.providers.local.launch import RUNS, Launched, NotLaunched, RunRequest, launch
from fleet_tui.providers.local.processes import alive, read_process, read_table
from fleet_tui.providers.local.runs import Ended, Run, RunState, ask, read_run
from fleet_tui.providers.local.settings import LocalSettings
from tests.support.adapters import context_for
from tests.support.wait import eventually

PYTHON = sys.executable


@dataclass(frozen=True)
class Held:
    """One run under test."""

    directory: Path
    launched: Launched

    @property
    def run(self) -> Run:
        run = read_run(self.directory)
        assert run is not None
        return run

    @property
    def runner(self) -> ProcessRef:
        return self.run.started.runner.ref

    @property
    def log(self) -> str:
        return (self.directory / "output.log").read_text()

    def in_phase(self, phase: str) -> RunState:
        def reached() -> RunState | None:
            state = self.run.state
            return state if state.phase == phase else None

        found = eventually(reached, what=f"phase {phase}")
        assert found is not None
        return found

    def in_generation(self, generation: int) -> RunState:
        def reached() -> RunState | None:
            state = self.run.state
            return state if state.generation == generation and state.phase == "running" else None

        found = eventually(reached, what=f"generation {generation}")
        assert found is not None
        return found

    def ended(self) -> Ended:
        found = eventually(lambda: self.run.ended, what="the end of the run")
        assert found is not None
        return found

    def gone(self) -> None:
        runner = self.runner
        eventually(lambda: not alive(runner), what="the end of the runner")

    def says(self, text: str) -> None:
        eventually(lambda: text in self.log, what=f"the output {text!r}")


Hold = Callable[..., Held]


@pytest.fixture
def bound() -> Iterator[int]:
    """The read end of a pipe whose write end only this test holds."""
    read, write = os.pipe()
    yield read
    os.close(write)
    os.close(read)


@pytest.fixture
def request_for(tmp_path: Path, bound: int) -> Callable[..., RunRequest]:
    """A request with what a test does not care about filled in."""

    def make(*argv: str, **changes: object) -> RunRequest:
        base = RunRequest(
            name="ada",
            argv=argv,
            cwd=tmp_path,
            environment={"PATH": os.environ["PATH"]},
            state_dir=tmp_path / "state",
            end_with_fd=bound,
        )
        return replace(base, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def hold(request_for: Callable[..., RunRequest]) -> Iterator[Hold]:
    """Start a run that must start; end it with the test."""
    started: list[Held] = []

    def start(*argv: str, **changes: object) -> Held:
        request = request_for(*argv, **changes)
        launched = launch(request)
        assert not isinstance(launched, NotLaunched), launched.text
        held = Held(request.state_dir / RUNS / launched.run_id, launched)
        started.append(held)
        return held

    yield start
    for held in started:
        if held.directory.exists():
            runner = held.runner
            ask(held.directory, "end", grace_s=0)
            eventually(lambda runner=runner: not alive(runner), what="the end of the runner")  # type: ignore[misc]


@pytest.fixture
def local(tmp_path: Path) -> LocalAdapter:
    """The adapter over the runs of `hold`; it looks for no other agents."""
    settings = LocalSettings(name="local", provider="local", discover=False)
    return LocalAdapter(settings, {}, context_for("local", tmp_path / "state"))


def parent_of(pid: int) -> int:
    fact = read_process(pid)
    return fact.parent if fact is not None else 0


@pytest.fixture
def shared_run(hold: Hold) -> Held:
    """One run for all examples of a property."""
    return hold("sleep", "1000")


Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a program under another name; all of it ends with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, *arguments: str, program: str = "sleep", **variables: str) -> subprocess.Popen[bytes]:
        link = tmp_path / name
        link.symlink_to(shutil.which(program) or program)
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **variables}
        process = subprocess.Popen([str(link), *arguments], env=environment, cwd=tmp_path, start_new_session=True)
        started.append(process)
        return process

    yield begin
    for process in started:
        family = [process.pid, *(p for p in read_table() if (f := read_process(p)) and f.session == process.pid)]
        for pid in family:
            if read_process(pid) is not None:
                os.kill(pid, 9)
        process.wait()
