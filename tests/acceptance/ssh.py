"""A real sshd on loopback with keys of its own, and the words that lead through it."""

import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.harness import Place
from tests.support.wait import eventually

SSHD = shutil.which("sshd") or shutil.which("/usr/sbin/sshd")
needs_sshd = pytest.mark.skipif(
    SSHD is None or shutil.which("ssh") is None, reason="sshd or ssh is not installed (openssh-server, openssh-client)"
)
_SETTINGS = """
ListenAddress 127.0.0.1
Port {port}
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
    port = _free_port()
    (folder / "sshd_config").write_text(_SETTINGS.format(port=port, folder=folder))
    host = (folder / "host_key.pub").read_text().split()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host[0]} {host[1]}\n")
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    place.start_raw([SSHD, "-D", "-e", "-f", str(folder / "sshd_config")], log="sshd.log")
    eventually(lambda: _listens(port), what="sshd")
    options = ["-F", "none", "-i", str(folder / "user_key"), "-p", str(port)]
    for option in ("StrictHostKeyChecking=yes", f"UserKnownHostsFile={folder / 'known_hosts'}", "BatchMode=yes"):
        options += ["-o", option]
    there = [f"{name}={value}" for name, value in place.environment.items()]
    yield ["ssh", "-tt", *options, "127.0.0.1", "env", *map(shlex.quote, there)]


def _key(path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True, timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
