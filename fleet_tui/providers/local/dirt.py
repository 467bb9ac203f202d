"""Looks for work that is in an agent's directory and nowhere else; asked when a plan is made, never by a poll."""

import contextlib
import os
import queue
import select
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from fleet_tui.domain.dirt import Dirt, DirtState, unknown
from fleet_tui.domain.identity import ResourceKey, SourceName
from fleet_tui.domain.resource import Resource
from fleet_tui.providers.local.worktree import (
    SETTINGS,
    NotReadable,
    WorkTree,
    borrowed,
    excludes,
    find_work_tree,
    git_program,
)

WITHIN_S: Final = 2.0
"""For all rows of a plan together."""
AT_ONCE: Final = 4
_OUTPUT_BYTES: Final = 1 << 20
_MOST_COMMITS: Final = 1000
_LATE: Final = "git did not answer in time"
_STATUS: Final = (
    "status",
    "--porcelain=v1",
    "-z",
    "--no-renames",
    "--untracked-files=normal",
    "--ignore-submodules=all",
)
_COMMITS: Final = ("rev-list", "--count", f"--max-count={_MOST_COMMITS}", "HEAD", "--not", "--remotes")
_REMOTES: Final = ("for-each-ref", "--count=1", "--format=%(refname)", "refs/remotes")


class LocalDirt:
    """A `DirtReader` over the sources that are this machine; of others it says nothing."""

    def __init__(self, sources: Collection[SourceName]) -> None:
        self._sources: frozenset[SourceName] = frozenset(sources)

    def __call__(self, resources: Sequence[Resource]) -> Mapping[ResourceKey, Dirt]:
        return read_dirt([r for r in resources if r.key.source in self._sources])


def read_dirt(resources: Sequence[Resource], *, within_s: float = WITHIN_S) -> Mapping[ResourceKey, Dirt]:
    """What lies in the directories of these agents of this machine. Takes at most `within_s`; never raises."""
    deadline_s = time.monotonic() + within_s
    found: dict[ResourceKey, Dirt] = {}
    asked: dict[str, list[ResourceKey]] = {}
    for resource in resources:
        directory = dict(resource.detail).get("directory")
        if directory is None:
            found[resource.key] = unknown("its directory is not known")
        else:
            asked.setdefault(directory, []).append(resource.key)
    answers = _in_threads(list(asked), deadline_s)
    for directory, keys in asked.items():
        found.update(dict.fromkeys(keys, answers.get(directory, unknown(_LATE))))
    return found


def _in_threads(directories: Sequence[str], deadline_s: float) -> dict[str, Dirt]:
    """Each directory once. The threads are daemons: one that hangs in a dead mount holds nobody up."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answered: queue.SimpleQueue[tuple[str, Dirt]] = queue.SimpleQueue()
    for directory in directories:
        waiting.put(directory)

    def look() -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                directory = waiting.get_nowait()
                answered.put((directory, dirt_of(Path(directory), deadline_s)))

    for _ in range(min(AT_ONCE, len(directories))):
        threading.Thread(target=look, name="dirt", daemon=True).start()
    answers: dict[str, Dirt] = {}
    with contextlib.suppress(queue.Empty):
        while len(answers) < len(directories):
            directory, dirt = answered.get(timeout=max(0.0, deadline_s - time.monotonic()))
            answers[directory] = dirt
    return answers


def dirt_of(directory: Path, deadline_s: float) -> Dirt:
    """One directory, until a moment of the monotonic clock. Blocks; never raises."""
    try:
        tree = find_work_tree(directory)
        if tree is None:
            return Dirt(state=DirtState.CLEAN, why="no git work tree")
        with borrowed(tree) as env:
            return _looked_at(tree, env, deadline_s)
    except NotReadable as error:
        return unknown(str(error))
    except (OSError, ValueError) as error:
        return unknown(f"it could not be looked at ({type(error).__name__})")


def _looked_at(tree: WorkTree, env: Mapping[str, str], deadline_s: float) -> Dirt:
    status, cut = run_git(tree, (*excludes(),), _STATUS, env, deadline_s)
    files = status.count(b"\0")
    # Without a commit there is no HEAD to count from: nothing is kept anywhere but in the files.
    born = run_git(tree, (), ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"), env, deadline_s, fails=True)[0]
    # Where no remote is known there is nowhere a commit should have gone.
    kept_elsewhere = born and run_git(tree, (), _REMOTES, env, deadline_s)[0]
    commits = int(run_git(tree, (), _COMMITS, env, deadline_s)[0]) if kept_elsewhere else 0
    return Dirt(
        state=DirtState.DIRTY if files or commits else DirtState.CLEAN,
        files=files,
        commits=commits,
        more=cut or commits >= _MOST_COMMITS,
        branch=tree.branch,
    )


def run_git(
    tree: WorkTree,
    settings: Sequence[str],
    words: Sequence[str],
    env: Mapping[str, str],
    deadline_s: float,
    *,
    most_bytes: int = _OUTPUT_BYTES,
    fails: bool = False,
) -> tuple[bytes, bool]:
    """What git prints, and whether that was cut. `fails`: no answer is an answer. Raises NotReadable."""
    program = git_program()
    if program is None:
        raise NotReadable("git is not installed")
    process = subprocess.Popen(
        [program, "-C", str(tree.top), "--no-pager", *SETTINGS, *settings, *words],
        env=dict(env),
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        output, cut = _output(process, deadline_s, most_bytes)
        if not cut and process.wait(max(0.0, deadline_s - time.monotonic())) and not fails:
            raise NotReadable("git cannot read it")
    except subprocess.TimeoutExpired as error:
        raise NotReadable(_LATE) from error
    finally:
        _end(process)
    return output, cut


def _output(process: subprocess.Popen[bytes], deadline_s: float, most_bytes: int) -> tuple[bytes, bool]:
    assert process.stdout is not None  # noqa: S101 - it was asked for as a pipe
    descriptor = process.stdout.fileno()
    readable = select.poll()
    readable.register(descriptor, select.POLLIN)
    held = bytearray()
    while len(held) <= most_bytes:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0 or not readable.poll(left_s * 1000):
            raise NotReadable(_LATE)
        chunk = os.read(descriptor, 65_536)
        if not chunk:
            return bytes(held), False
        held += chunk
    return bytes(held[:most_bytes]), True


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
