"""A real sshd with keys of its own, and the words that lead through it: by a pipe, so that no port is in the way."""

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.harness import Place

SSHD = shutil.which("sshd") or shutil.which("/usr/sbin/sshd")
needs_sshd = pytest.mark.skipif(
    SSHD is None or shutil.which("ssh") is None, reason="sshd or ssh is not installed (openssh-server, openssh-client)"
)
_SETTINGS = """
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""


@contextmanager
def ssh_hop(place: Place) -> Iterator[Sequence[str]]:
    """An sshd that lets this user in; gives the words of a client that runs what follows them in a terminal there."""
    assert SSHD is not None
    folder = place.root / "ssh"
    folder.mkdir()
    for name in ("host_key", "user_key"):
        _key(folder / name)
    (folder / "sshd_config").write_text(_SETTINGS.format(folder=folder))
    host = (folder / "host_key.pub").read_text().split()
    (folder / "known_hosts").write_text(f"there {host[0]} {host[1]}\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    sshd = shlex.join([SSHD, "-i", "-E", str(folder / "sshd.log"), "-f", str(folder / "sshd_config")])
    known = f"UserKnownHostsFile={folder / 'known_hosts'}"
    options = ["-F", "none", "-i", str(folder / "user_key")]
    for option in (f"ProxyCommand={sshd}", "StrictHostKeyChecking=yes", known, "BatchMode=yes"):
        options += ["-o", option]
    there = [f"{name}={value}" for name, value in place.environment.items()]
    yield ["ssh", "-tt", *options, "there", "env", *map(shlex.quote, there)]


def _key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=20)
