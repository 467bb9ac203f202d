"""What every test stands on: an empty environment, loopback only, and a skip that is a failure under CI."""

import gc
import ipaddress
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import pytest_textual_snapshot

ROOT = Path(__file__).resolve().parent.parent
_OUTSIDE = {
    "specs": Path(os.environ.get("FLEET_TUI_SPECS") or ROOT.parent / "shared" / "specs"),
    "corpora": Path(os.environ.get("FLEET_TUI_CORPORA") or ROOT.parent / "shared" / "corpora"),
}
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell lets its background jobs ignore it; what the tests start would inherit that and could not be interrupted.
    signal.signal(signal.SIGINT, signal.default_int_handler)
# How long one example takes says more of the machine than of the code.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")
_KEPT = {"PATH", "LANG", "LC_ALL", "TZ", "CI", "FLEET_TUI_SPECS", "FLEET_TUI_CORPORA"}
_PREFIXES = ("COVERAGE_", "PYTEST_", "TEXTUAL_SNAPSHOT_")


def _snapshot_folder(cls: type, *, test_location: Any) -> str:
    del cls
    return str(ROOT / "snapshots" / Path(test_location.filepath).stem)


pytest_textual_snapshot.SVGImageExtension.dirname = classmethod(_snapshot_folder)


@pytest.fixture(autouse=True)
def empty_environment(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No key, no configuration and no home of the person who runs the tests.

    What a test that is marked `no_cover` starts is not measured either.
    """
    kept = _PREFIXES if request.node.get_closest_marker("no_cover") is None else _PREFIXES[1:]
    for name in list(os.environ):
        if name not in _KEPT and not name.startswith(kept):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("MEM0_TELEMETRY", "false")
    monkeypatch.setenv("MEM0_DIR", str(home / "mem0"))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but this machine fails the test that asked for it."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: object) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host.split("%", maxsplit=1)[0]).is_loopback:
                raise AssertionError(f"a test tried to reach {host}, which is not this machine")
        real(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let pytest alone measure the workers: what coverage starts in every process would be cut off while it saves."""
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Measure nothing in a test that is marked `no_cover`.

    In a worker pytest-cov has begun to measure twice, and goes on with the first where it pauses the second.
    """
    traces = sys.gettrace(), threading.gettrace()
    paused = item.get_closest_marker("no_cover") is not None
    if paused:
        sys.settrace(None)
        threading.settrace(None)
    try:
        yield
    finally:
        if paused:
            sys.settrace(traces[0])
            threading.settrace(traces[1])


def pytest_collection_finish() -> None:
    """What was imported stays: looking for garbage in it again and again takes a tenth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 20)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, with a printed line, what needs files that are not part of the project."""
    for fixture, folder in _OUTSIDE.items():
        if folder.is_dir():
            continue
        wanting = [item for item in items if fixture in getattr(item, "fixturenames", ())]
        if wanting:
            print(f"left out: {len(wanting)} tests that need {fixture} ({folder} is not there)")
            config.hook.pytest_deselected(items=wanting)
            items[:] = [item for item in items if item not in set(wanting)]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Under CI what was skipped was not tested."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, which CI does not allow: {report.longrepr}"
