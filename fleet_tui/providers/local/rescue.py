"""What an agent of this machine has not handed in: the diff of its work tree with its new files, and its last lines."""

import os
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fleet_tui.providers.local.dirt import run_git
from fleet_tui.providers.local.logs import read_lines
from fleet_tui.providers.local.worktree import NotReadable, WorkTree, borrowed, excludes, find_work_tree

LOG_LINES: Final = 500
DIFF_BYTES: Final = 2 << 20
NEW_FILES: Final = 200
NEW_FILE_BYTES: Final = 64 << 10
_DIFF: Final = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--ignore-submodules=all")
_UNTRACKED: Final = ("ls-files", "--others", "--exclude-standard", "-z")


@dataclass(slots=True)
class Rescue:
    """Files by name, not masked yet, and clauses about what is missing."""

    files: dict[str, str] = field(default_factory=dict[str, str])
    missing: list[str] = field(default_factory=list[str])


def rescue_of(directory: str | None, log: Path | None, within_s: float) -> Rescue:
    """Blocks for about `within_s` at most; never raises for what it finds."""
    deadline_s = time.monotonic() + within_s
    found = Rescue()
    if log is not None:
        lines = read_lines(log, after=None, limit=LOG_LINES, final=True).lines
        found.files["log.txt"] = "".join(f"{line}\n" for _, line in lines)
    else:
        found.missing.append("its output is not ours to read")
    try:
        tree = find_work_tree(Path(directory)) if directory is not None else None
        if tree is None:
            found.missing.append("it works in no git work tree")
        else:
            with borrowed(tree) as env:
                found.files["work.diff"] = _diff(tree, env, deadline_s, found)
    except NotReadable as error:
        found.missing.append(f"its work tree: {error}")
    except OSError as error:
        found.missing.append(f"its work tree cannot be read ({type(error).__name__})")
    return found


def _diff(tree: WorkTree, env: dict[str, str], deadline_s: float, found: Rescue) -> str:
    born = run_git(tree, (), ("rev-parse", "--verify", "--quiet", "HEAD^{commit}"), env, deadline_s, fails=True)[0]
    words = ("diff", "HEAD", *_DIFF) if born else ("diff", "--cached", *_DIFF)
    changes, cut = run_git(tree, (), words, env, deadline_s, most_bytes=DIFF_BYTES)
    listed, more = run_git(tree, excludes(), _UNTRACKED, env, deadline_s)
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    parts = [changes.decode("utf-8", "replace")]
    size = len(changes)
    for name in names[:NEW_FILES]:
        held = _held(tree.top / name)
        if held is None or size + len(held) > DIFF_BYTES:
            found.missing.append(f"the new file {name}")
            continue
        size += len(held)
        parts.append(_as_new(name, held))
    if cut or more or len(names) > NEW_FILES:
        found.missing.append("all beyond the first 2 MB or 200 new files")
    return "".join(parts)


def _held(path: Path) -> bytes | None:
    """A small ordinary text file's content; None for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.getuid():
            return None
        held = file.read(NEW_FILE_BYTES + 1)
    return None if len(held) > NEW_FILE_BYTES or b"\0" in held else held


def _as_new(name: str, held: bytes) -> str:
    lines = held.decode("utf-8", "replace").split("\n")
    ended = lines[-1] == ""
    lines = lines[:-1] if ended else lines
    body = "".join(f"+{line}\n" for line in lines) + ("" if ended or not lines else "\\ No newline at end of file\n")
    head = f"diff --git a/{name} b/{name}\nnew file mode 100644\n"
    return head + (f"--- /dev/null\n+++ b/{name}\n@@ -0,0 +1,{len(lines)} @@\n{body}" if lines else "")
