"""What would be lost with a local agent: seen where it is, unknown where it cannot be seen, and nothing is run."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from fleet_tui.domain.dirt import Dirt, DirtState
from fleet_tui.domain.identity import Kind
from fleet_tui.providers.local.dirt import dirt_of, read_dirt
from tests.support.facts import key, resource
from tests.support.repositories import cloned, git, that_means_harm


def look(directory: Path, within_s: float = 20.0) -> Dirt:
    return dirt_of(directory, time.monotonic() + within_s)


def test_everything_committed_and_pushed_is_clean(tmp_path: Path) -> None:
    found = look(cloned(tmp_path))
    assert found == Dirt(state=DirtState.CLEAN, branch="main")


def test_changed_staged_and_untracked_files_are_dirty(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (work / "a.txt").write_text("two\n")
    (work / "b.txt").write_text("new\n")
    (work / "c.txt").write_text("staged\n")
    git(work, "add", "c.txt")
    found = look(work)
    assert (found.state, found.files, found.commits) == (DirtState.DIRTY, 3, 0)


def test_commits_that_no_remote_has_are_dirty(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    git(work, "checkout", "-qb", "fix/8812")
    git(work, "commit", "-q", "--allow-empty", "-m", "second")
    found = look(work)
    assert (found.state, found.files, found.commits, found.branch) == (DirtState.DIRTY, 0, 1, "fix/8812")


def test_where_no_remote_is_known_a_commit_is_kept_where_it_belongs(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    git(work, "remote", "remove", "origin")
    git(work, "commit", "-q", "--allow-empty", "-m", "second")
    assert look(work) == Dirt(state=DirtState.CLEAN, branch="main")


def test_a_commit_on_a_detached_head_is_seen(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    git(work, "checkout", "-q", "--detach")
    git(work, "commit", "-q", "--allow-empty", "-m", "nowhere else")
    found = look(work)
    assert (found.commits, found.branch) == (1, "")


def test_a_repository_without_a_commit_is_what_its_files_are(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert look(tmp_path).state is DirtState.CLEAN
    (tmp_path / "a").write_text("a")
    assert look(tmp_path).files == 1


def test_a_directory_below_the_top_and_ignored_files(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (work / ".git" / "info" / "exclude").write_text("build\n")
    (work / "build").mkdir()
    (work / "build" / "out").write_text("made")
    assert look(work / "build").state is DirtState.CLEAN


def test_a_linked_work_tree_has_an_index_and_a_head_of_its_own(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    linked = tmp_path / "linked"
    git(work, "worktree", "add", "-q", "-b", "side", str(linked))
    assert look(linked) == Dirt(state=DirtState.CLEAN, branch="side")
    (linked / "new").write_text("new")
    (work / "other").write_text("other")
    (work / "another").write_text("other")
    assert look(linked).files == 1
    assert look(work).files == 2


def test_sha256_repositories_are_read_too(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256", "-b", "main")
    (tmp_path / "a").write_text("a")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-qm", "first")
    assert look(tmp_path) == Dirt(state=DirtState.CLEAN, branch="main")
    (tmp_path / "a").write_text("b")
    assert look(tmp_path) == Dirt(state=DirtState.DIRTY, files=1, branch="main")


def test_no_work_tree_is_nothing_to_lose_and_says_so(tmp_path: Path) -> None:
    assert look(tmp_path) == Dirt(state=DirtState.CLEAN, why="no git work tree")


def test_a_directory_that_is_gone_is_unknown(tmp_path: Path) -> None:
    assert look(tmp_path / "gone").state is DirtState.UNKNOWN


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")
def test_another_users_repository_is_not_entered(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    os.chown(work / ".git", 65534, 65534)
    assert look(work) == Dirt(state=DirtState.UNKNOWN, why="it belongs to another user")


@pytest.mark.parametrize("part", ["HEAD", "config", "index"])
def test_a_pipe_in_place_of_a_file_holds_nobody_up(tmp_path: Path, part: str) -> None:
    work = cloned(tmp_path)
    (work / ".git" / part).unlink()
    os.mkfifo(work / ".git" / part)
    began = time.monotonic()
    found = look(work, within_s=1.0)
    assert found.state is DirtState.UNKNOWN
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("head", ["", "ref: ../../etc/passwd", "ref: refs/heads/a b", "x" * 40, "ref: refs/heads/\n\n"])
def test_a_head_that_is_none_is_unknown(tmp_path: Path, head: str) -> None:
    work = cloned(tmp_path)
    (work / ".git" / "HEAD").write_text(head)
    assert look(work).state is DirtState.UNKNOWN


def test_submodules_are_not_looked_into_and_therefore_unknown(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (work / ".gitmodules").write_text('[submodule "a"]\n\tpath = a\n\turl = ./a\n')
    found = look(work)
    assert found.state is DirtState.UNKNOWN
    assert "submodules" in found.why


def test_a_repository_that_means_harm_runs_nothing(tmp_path: Path) -> None:
    work, mark = cloned(tmp_path), tmp_path / "ran"
    that_means_harm(work, mark)
    (work / "a.txt").write_text("two, and longer\n")
    found = look(work)
    assert (found.state, found.files) == (DirtState.DIRTY, 2)
    assert not mark.exists()
    # It would have run them for anybody else.
    subprocess.run(
        ["git", "-C", str(work), "diff"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert mark.exists()


def test_nothing_is_written_into_the_repository(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (work / "a.txt").touch()
    (work / "b.txt").write_text("new")

    def facts() -> dict[str, tuple[int, int]]:
        return {str(p): (p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(work.rglob("*"))}

    before = facts()
    look(work)
    assert facts() == before


def test_the_environment_of_whoever_asks_does_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work, mark = cloned(tmp_path), tmp_path / "ran"
    trap = tmp_path / "git"
    trap.write_text(f"#!/bin/sh\ntouch {mark}\n")
    trap.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_ASKPASS", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "GIT_DIR"):
        monkeypatch.setenv(name, str(trap))
    assert look(work).state is DirtState.CLEAN
    assert not mark.exists()


def test_many_rows_are_looked_at_once_per_directory_and_within_the_time(tmp_path: Path) -> None:
    work = cloned(tmp_path)
    (work / "b.txt").write_text("new")
    hangs = tmp_path / "hangs"
    hangs.mkdir()
    hanging = cloned(hangs)
    (hanging / ".git" / "index").unlink()
    os.mkfifo(hanging / ".git" / "index")
    rows = [resource(f"r{i}", source="local", kind=Kind.PROCESS, detail={"directory": str(work)}) for i in range(40)]
    rows.append(resource("late", source="local", kind=Kind.PROCESS, detail={"directory": str(hanging)}))
    rows.append(resource("where", source="local", kind=Kind.PROCESS))
    began = time.monotonic()
    found = read_dirt(rows, within_s=3.0)
    assert time.monotonic() - began < 20
    assert {found[r.key].files for r in rows[:40]} == {1}
    late, where = key("late", source="local", kind=Kind.PROCESS), key("where", source="local", kind=Kind.PROCESS)
    assert found[late].state is DirtState.UNKNOWN
    assert found[where] == Dirt(state=DirtState.UNKNOWN, why="its directory is not known")
