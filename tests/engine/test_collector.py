"""The collector as a process: one per store, told by signals, gone with its consoles, exact about how it ended."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.store.lock import collector_holder, join_consoles
from fleet_tui.store.open import open_for_reader
from tests.support.children import child_env
from tests.support.wait import eventually

ROOT = Path(__file__).resolve().parents[2]
CANARY = "e2b_canary0123456789abcdef0123456789abcdef"
LOCAL = '[[source]]\nname = "here"\nprovider = "local"\ndiscover = false\n'


def configured(folder: Path, text: str) -> Path:
    path = folder / "fleet.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def vendor(name: str, variable: str = "E2B_API_KEY") -> str:
    return (
        f'[[source]]\nname = "{name}"\nprovider = "e2b"\napi_key = {{ env = "{variable}" }}\n'
        'base_url = "http://127.0.0.1:1"\n'
    )


def argv(folder: Path, *options: str) -> list[str]:
    where = ["--config", str(folder / "fleet.toml"), "--state-dir", str(folder / "state")]
    return [sys.executable, "-m", "fleet_tui", "collect", *where, *options]


def once(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv(folder, "--once"),
        cwd=ROOT,
        env=child_env(folder, E2B_API_KEY=CANARY),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def collecting(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    with (folder / "stderr").open("w") as stderr:
        child = subprocess.Popen(
            argv(folder, *options),
            cwd=ROOT,
            env=child_env(folder, E2B_API_KEY=CANARY),
            stderr=stderr,
            text=True,
            start_new_session=True,
        )
    try:
        eventually(lambda: told(folder, "begins"), timeout_s=30, what="the collector")
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(30)


def told(folder: Path, word: str) -> list[dict[str, str]]:
    log = folder / "state" / "collector.log"
    if not log.exists():
        return []
    # The last one may still be written.
    whole = log.read_text(encoding="ascii").rpartition("\n")[0]
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line for line in lines if word in line["text"]]


def statuses(folder: Path) -> dict[str, SourceStatus]:
    found: dict[str, SourceStatus] = {}

    def take(delta: FleetDelta) -> None:
        found.update({str(status.name): status for status in delta.statuses})

    reader = open_for_reader(folder / "state")
    try:
        reader.load(take)
    finally:
        reader.close()
    return found


def test_once_says_by_its_exit_code_how_much_could_be_read(tmp_path: Path) -> None:
    configured(tmp_path, LOCAL)
    good = once(tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    configured(tmp_path, LOCAL + vendor("us"))
    some = once(tmp_path)
    assert some.returncode == 1
    assert some.stderr.startswith("fleet-tui: us: ")
    configured(tmp_path, vendor("us"))
    assert once(tmp_path).returncode == 4
    configured(tmp_path, '[[source]]\nname = "x"\nprovider = "nobody"\n')
    wrong = once(tmp_path)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


def test_a_key_that_cannot_be_read_costs_its_own_source_and_is_told(tmp_path: Path) -> None:
    configured(tmp_path, LOCAL + vendor("us", "NO_SUCH_VARIABLE"))
    result = once(tmp_path)
    assert result.returncode == 1
    status = statuses(tmp_path)["us"]
    assert status.failure is not None
    assert "NO_SUCH_VARIABLE" in status.failure.text
    assert statuses(tmp_path)["here"].failure is None


def test_a_second_collector_says_one_sentence_and_touches_nothing(tmp_path: Path) -> None:
    configured(tmp_path, LOCAL)
    with collecting(tmp_path) as first:
        second = once(tmp_path)
        assert second.returncode == 3
        assert second.stderr.count("\n") == 1
        assert str(first.pid) in second.stderr
        assert first.poll() is None
        first.terminate()
        assert first.wait(30) == 0
    assert collector_holder(tmp_path / "state") is None
    assert (tmp_path / "stderr").read_text() == ""


def test_what_it_writes_is_its_owners_alone_and_it_leaves_no_core(tmp_path: Path) -> None:
    configured(tmp_path, LOCAL)
    with collecting(tmp_path) as child:
        eventually((tmp_path / "state" / "durable.sqlite").exists, timeout_s=30)
        limits = Path(f"/proc/{child.pid}/limits").read_text()
        assert next(line for line in limits.splitlines() if "core file" in line).split()[4] == "0"
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir() if path.is_file()}
        assert set(modes.values()) == {0o600}
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_reload_takes_up_what_is_right_and_keeps_the_old_when_wrong(tmp_path: Path) -> None:
    configured(tmp_path, LOCAL)
    with collecting(tmp_path) as child:
        eventually(lambda: statuses(tmp_path).get("here"), timeout_s=30)
        configured(tmp_path, "[[source]]\nname = 3\n")
        child.send_signal(signal.SIGHUP)
        eventually(lambda: told(tmp_path, "was not reloaded"), timeout_s=30)
        assert set(statuses(tmp_path)) == {"here"}
        configured(tmp_path, LOCAL.replace("here", "there"))
        child.send_signal(signal.SIGHUP)
        eventually(lambda: set(statuses(tmp_path)) == {"there"}, timeout_s=30)
        assert child.poll() is None


def test_one_that_a_console_started_ends_when_the_last_console_is_gone(tmp_path: Path) -> None:
    configured(tmp_path, LOCAL)
    (tmp_path / "state").mkdir(mode=0o700)
    console = join_consoles(tmp_path / "state")
    with collecting(tmp_path, "--for-consoles") as child:
        eventually(lambda: statuses(tmp_path).get("here"), timeout_s=30)
        assert child.poll() is None
        console.close()
        assert child.wait(30) == 0
        assert told(tmp_path, "no console is left")


@pytest.mark.parametrize("what", ["log", "store"])
def test_no_key_reaches_what_is_kept(tmp_path: Path, what: str) -> None:
    configured(tmp_path, LOCAL + vendor("us"))
    assert once(tmp_path).returncode == 1
    pattern = "collector.log*" if what == "log" else "fleet.db*"
    kept = b"".join(path.read_bytes() for path in (tmp_path / "state").glob(pattern))
    assert kept
    assert CANARY.encode() not in kept
