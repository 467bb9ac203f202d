"""Git repositories for tests, with and without work that is nowhere else, and one that means harm."""

import os
import subprocess
from pathlib import Path

_ENV = {
    "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "kim",
    "GIT_AUTHOR_EMAIL": "kim@fleet.test",
    "GIT_COMMITTER_NAME": "kim",
    "GIT_COMMITTER_EMAIL": "kim@fleet.test",
}


def git(directory: Path, *words: str) -> str:
    """An ordinary git, as its user would run it there."""
    done = subprocess.run(
        ["git", "-C", str(directory), *words],
        env={**_ENV, "HOME": str(directory)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def cloned(root: Path) -> Path:
    """A work tree in which everything is committed and pushed."""
    remote, work = root / "remote.git", root / "work"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(remote)], env=_ENV, check=True)
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    git(work, "remote", "add", "origin", str(remote))
    (work / "a.txt").write_text("one\n")
    git(work, "add", "a.txt")
    git(work, "commit", "-qm", "first")
    git(work, "push", "-q", "-u", "origin", "main")
    return work


def that_means_harm(work: Path, mark: Path) -> None:
    """Configure a repository so that an ordinary `git status` or `git diff` there runs programs that leave `mark`."""
    trap = work.parent / "trap"
    trap.write_text(f"#!/bin/sh\necho ran >> {mark}\ncat 2>/dev/null\n")
    trap.chmod(0o700)
    hooks = work.parent / "hooks"
    hooks.mkdir()
    for hook in ("post-index-change", "reference-transaction", "pre-commit", "post-checkout", "fsmonitor-watchman"):
        (hooks / hook).symlink_to(trap)
    settings = {
        "core.fsmonitor": trap,
        "core.hooksPath": hooks,
        "core.pager": trap,
        "core.askPass": trap,
        "core.sshCommand": trap,
        "core.editor": trap,
        "diff.external": trap,
        "diff.evil.textconv": trap,
        "diff.evil.command": trap,
        "filter.evil.clean": trap,
        "filter.evil.smudge": trap,
        "filter.evil.process": trap,
        "filter.evil.required": "true",
        "alias.status": f"!{trap}",
        "alias.diff": f"!{trap}",
        "pager.status": trap,
        "status.submoduleSummary": "true",
        "submodule.recurse": "true",
        "gpg.program": trap,
        "credential.helper": f"!{trap}",
        "include.path": work.parent / "more",
    }
    (work / ".gitattributes").write_text("* filter=evil diff=evil\n")
    with (work / ".git" / "config").open("a") as config:
        for name, value in settings.items():
            section, _, key = name.rpartition(".")
            head, _, below = section.partition(".")
            config.write(f'[{head} "{below}"]\n' if below else f"[{head}]\n")
            config.write(f'\t{key} = "{value}"\n')
    (work.parent / "more").write_text(f'[core]\n\tfsmonitor = "{trap}"\n')
