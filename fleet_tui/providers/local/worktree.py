"""Finds the git work tree around a directory, by hand: nothing that stands in it is believed or run.

A repository's own configuration can name programs for almost anything git does. So git never sees it: it is given a
git directory of ours, made for one look, that borrows HEAD, refs, objects and index from the real one and has a
configuration of three lines.
"""

import contextlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEAD: Final = re.compile(r"(?:ref: (refs/[^\x00-\x20\x7f~^:?*\[\\]+)|[0-9a-f]{40}|[0-9a-f]{64})\n?")
_BORROWED: Final = ("refs", "packed-refs", "info", "shallow")
_SMALL: Final = 4096
_CONFIG: Final = 65_536
_UP: Final = 64
_EXTENSION: Final = re.compile(r"(?m)^\s*(?:\[extensions\]\s*)?(objectformat|refstorage)\s*=\s*\"?(\w+)")
_SAFE_DIRS: Final = ("/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin")


class NotReadable(Exception):
    """It cannot be looked into; the text is a clause that says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTree:
    """Where the parts of one work tree are. All of them belong to us."""

    top: Path
    git_dir: Path
    """With HEAD and index; of a linked work tree its own."""
    common_dir: Path
    """With objects and refs."""
    head: str
    sha256: bool

    @property
    def branch(self) -> str:
        """Its branch; empty where HEAD is detached."""
        return self.head.strip().removeprefix("ref: refs/heads/") if self.head.startswith("ref: ") else ""


def find_work_tree(directory: Path) -> WorkTree | None:
    """The work tree that a directory is in; None where there is none. Raises NotReadable."""
    try:
        _is_directory(directory)
        for place in (directory, *list(directory.parents)[:_UP]):
            dot_git = place / ".git"
            if _is_there(dot_git):
                _must_be_ours(directory)
                return _work_tree(place, dot_git)
    except OSError as error:
        raise NotReadable(f"it cannot be read ({os.strerror(error.errno or 0)})") from error
    return None


def _work_tree(top: Path, dot_git: Path) -> WorkTree:
    _must_be_ours(top)
    git_dir = dot_git
    if not stat.S_ISDIR(dot_git.stat().st_mode):
        line = _read_small(dot_git, _SMALL).strip()
        if not line.startswith("gitdir: "):
            raise NotReadable("its .git is no git directory")
        git_dir = top / line.removeprefix("gitdir: ")
    git_dir = git_dir.resolve()
    _must_be_ours(git_dir)
    common_dir = git_dir
    if _is_there(git_dir / "commondir"):
        common_dir = (git_dir / _read_small(git_dir / "commondir", _SMALL).strip()).resolve()
        _must_be_ours(common_dir)
    head = _read_small(git_dir / "HEAD", _SMALL)
    if not _HEAD.fullmatch(head):
        raise NotReadable("its HEAD is none that we know")
    extensions = dict(_EXTENSION.findall(_read_small(common_dir / "config", _CONFIG).lower()))
    if extensions.get("refstorage", "files") != "files":
        raise NotReadable("its branches are kept in a form that we do not read")
    if _is_there(top / ".gitmodules"):
        raise NotReadable("it has submodules, and we do not look into those")
    return WorkTree(
        top=top.resolve(),
        git_dir=git_dir,
        common_dir=common_dir,
        head=head,
        sha256=extensions.get("objectformat") == "sha256",
    )


def _is_there(path: Path) -> bool:
    """Unlike `exists`: what must not be looked at is not absent."""
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _is_directory(path: Path) -> os.stat_result:
    facts = path.stat()
    if not stat.S_ISDIR(facts.st_mode):
        raise NotReadable("it is no directory")
    return facts


def _must_be_ours(directory: Path) -> None:
    facts = _is_directory(directory)
    if facts.st_uid != os.getuid():
        raise NotReadable("it belongs to another user")


def _read_small(path: Path, limit: int) -> str:
    """A small ordinary file; a pipe or a device in its place holds nobody up."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise NotReadable(f"its {path.name} is no ordinary file")
        held = file.read(limit + 1)
    if len(held) > limit:
        raise NotReadable(f"its {path.name} is too large")
    return held.decode("utf-8", "replace")


def git_program() -> str | None:
    """The system's git, wherever the environment points."""
    return shutil.which("git", path=":".join(_SAFE_DIRS))


@contextlib.contextmanager
def borrowed(tree: WorkTree) -> Generator[dict[str, str]]:
    """A git directory of ours for one look; gives the whole environment git runs in."""
    with tempfile.TemporaryDirectory(prefix="fleet-tui-git-", ignore_cleanup_errors=True) as name:
        ours = Path(name)
        (ours / "HEAD").write_text(tree.head)
        (ours / "config").write_text(_config(tree))
        for part in _BORROWED:
            if (tree.common_dir / part).exists():
                (ours / part).symlink_to(tree.common_dir / part)
        if not (ours / "refs").exists():
            (ours / "refs").mkdir()
        yield {
            "PATH": os.pathsep.join(_SAFE_DIRS),
            "HOME": name,
            "LC_ALL": "C",
            "GIT_DIR": name,
            "GIT_WORK_TREE": str(tree.top),
            "GIT_INDEX_FILE": str(tree.git_dir / "index"),
            "GIT_OBJECT_DIRECTORY": str(tree.common_dir / "objects"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_PAGER": "cat",
            "GIT_ALLOW_PROTOCOL": "none",
        }


def _config(tree: WorkTree) -> str:
    lines = ["[core]", f"\trepositoryformatversion = {int(tree.sha256)}", "\tbare = false"]
    if tree.sha256:
        lines += ["[extensions]", "\tobjectformat = sha256"]
    return "\n".join(lines) + "\n"


SETTINGS: Final = tuple(
    word
    for setting in (
        "core.fsmonitor=false",
        f"core.hooksPath={os.devnull}",
        "core.untrackedCache=false",
        f"core.attributesFile={os.devnull}",
        "core.pager=cat",
        "core.quotePath=false",
        "diff.external=",
        "submodule.recurse=false",
        "protocol.allow=never",
    )
    for word in ("-c", setting)
)
"""Said once more on the command line, should anything ever read another configuration than ours."""


def excludes() -> tuple[str, ...]:
    """The operator's own file of what git shall not see, where it is in its usual place."""
    usual = Path.home() / ".config" / "git" / "ignore"
    return ("-c", f"core.excludesFile={usual}") if usual.is_file() else ()
