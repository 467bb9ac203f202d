"""The durable workflows, each scene in a process of its own: once per action, over crashes, defects and damage."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.children import child_env

ROOT = Path(__file__).resolve().parents[2]


def seen(folder: Path, what: str) -> dict[str, Any]:
    child = subprocess.run(
        [sys.executable, "-m", "tests.engine.durable_child", str(folder), what],
        cwd=ROOT,
        env=child_env(folder),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    found: dict[str, Any] = json.loads(child.stdout)
    return found


def test_an_action_runs_once_and_one_that_broke_is_taken_up_by_the_next_collector(tmp_path: Path) -> None:
    begun = seen(tmp_path, "begin")
    assert begun["ran"] == ["bad.0", "one.0"]
    assert dict(begun["held"]) == {"one.0": "SUCCESS", "bad.0": "PENDING"}, "a defect is no result"
    assert begun["closed_in_s"] < 6
    recovered = seen(tmp_path, "recover")
    assert recovered["ran"] == ["bad.0"]
    assert dict(recovered["held"])["bad.0"] == "SUCCESS"


def test_what_has_no_outcome_runs_again_and_what_ended_is_forgotten_in_time(tmp_path: Path) -> None:
    seen(tmp_path, "begin")
    again = seen(tmp_path, "again")
    assert {"one.0", "never.0"} <= set(again["ran"])
    held = dict(seen(tmp_path, "tidy")["held"])
    assert "one.0" not in held


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    seen(tmp_path, "begin")
    (tmp_path / "durable.sqlite").write_bytes(b"this is no database" * 1000)
    for side in ("-wal", "-shm"):
        (tmp_path / f"durable.sqlite{side}").unlink(missing_ok=True)
    assert set(seen(tmp_path, "again")["ran"]) >= {"one.0", "never.0"}
    assert (tmp_path / "durable.damaged").exists()
    assert (tmp_path / "durable.sqlite").stat().st_mode & 0o777 == 0o600
