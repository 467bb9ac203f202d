"""What is rescued from an agent of this machine: its changes and new files as one diff, and its last lines."""

import os
import subprocess
from pathlib import Path

from fleet_tui.providers.local.rescue import NEW_FILE_BYTES, rescue_of
from tests.support.repositories import cloned, git, that_means_harm


def test_the_diff_of_changed_and_new_files_can_be_applied_again(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (work / "a.txt").write_text("two\n")
    (work / "new.txt").write_text("a\nb")
    (work / "empty.txt").write_text("")
    diff = rescue_of(str(work), None, 10).files["work.diff"]
    kept = tmp_path / "kept.diff"
    kept.write_text(diff)
    git(work, "checkout", "-q", "a.txt")
    git(work, "clean", "-fdq")
    git(work, "apply", str(kept))
    assert (work / "a.txt").read_text() == "two\n"
    assert (work / "new.txt").read_text() == "a\nb"
    assert (work / "empty.txt").read_text() == ""


def test_links_pipes_binary_and_large_files_are_named_and_not_kept(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (tmp_path / "outside").write_text("not ours to keep")
    (work / "link").symlink_to(tmp_path / "outside")
    (work / "binary").write_bytes(b"\0\1")
    (work / "large").write_text("x" * (NEW_FILE_BYTES + 1))
    found = rescue_of(str(work), None, 10)
    assert "not ours to keep" not in found.files["work.diff"]
    assert {"the new file link", "the new file binary", "the new file large"} <= set(found.missing)


def test_the_last_lines_of_a_run_are_kept_where_there_is_no_work_tree(tmp_path: Path) -> None:
    log = tmp_path / "output.log"
    log.write_text("".join(f"line {i}\n" for i in range(600)))
    found = rescue_of(str(tmp_path), log, 10)
    assert found.files["log.txt"].startswith("line 100\n")
    assert found.files["log.txt"].endswith("line 599\n")
    assert found.missing == ["it works in no git work tree"]


def test_a_repository_that_means_harm_runs_nothing_here_either(tmp_path: Path) -> None:
    work, mark = cloned(tmp_path), tmp_path / "ran"
    that_means_harm(work, mark)
    (work / "a.txt").write_text("two, and longer\n")
    found = rescue_of(str(work), None, 10)
    assert "+two, and longer" in found.files["work.diff"]
    assert not mark.exists()
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    subprocess.run(
        ["git", "-C", str(work), "diff"], env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert mark.exists()
