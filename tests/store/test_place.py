"""Where a store may lie: in a directory of our own, on a local disk, never behind a link."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fleet_tui.ports import StoreError
from fleet_tui.store import place
from fleet_tui.store.open import open_for_intents, open_for_reader
from fleet_tui.store.open_collector import open_for_collector
from fleet_tui.store.schema import STORE_FILE
from tests.support import facts
from tests.support.facts import NOW
from tests.support.stores import SMALL, stores


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_directory_and_all_in_it_are_for_its_owner_only(state_dir: Path) -> None:
    with stores(state_dir) as held:
        held.observe(changed=(facts.resource("a"),))
        held.intents.note("x", actor="a", host="h", via="console", why="", now=NOW)
        names = {path.name for path in state_dir.iterdir()}
        assert {STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", "collector.lock", "ballast"} <= names
        assert mode(state_dir) == 0o700
        assert {path.name: oct(mode(path)) for path in state_dir.iterdir()} == dict.fromkeys(names, "0o600")


OPENERS: list[Callable[[Path], object]] = [
    lambda state_dir: open_for_collector(state_dir, NOW, opening=SMALL),
    lambda state_dir: open_for_reader(state_dir, opening=SMALL),
    lambda state_dir: open_for_intents(state_dir, opening=SMALL),
]


@pytest.mark.parametrize("open_", OPENERS, ids=["collector", "reader", "intents"])
@pytest.mark.parametrize("bits", [0o777, 0o770, 0o702])
def test_a_directory_that_others_may_write_is_refused(
    state_dir: Path, bits: int, open_: Callable[[Path], object]
) -> None:
    state_dir.mkdir()
    state_dir.chmod(bits)
    with pytest.raises(StoreError, match="may be written by others"):
        open_(state_dir)
    assert list(state_dir.iterdir()) == []


def test_an_empty_directory_is_made_private_and_one_in_use_keeps_its_mode(tmp_path: Path) -> None:
    empty, used = tmp_path / "empty", tmp_path / "used"
    for directory in (empty, used):
        directory.mkdir()
        directory.chmod(0o755)
    (used / "thesis.txt").touch()
    place.prepared(empty)
    (place.prepared(used)).touch()
    place.prepared(used)
    assert (mode(empty), mode(used)) == (0o700, 0o755)


@pytest.mark.parametrize("type_", ["nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"])
def test_a_network_file_system_is_refused_with_the_option_to_use(state_dir: Path, type_: str) -> None:
    with pytest.raises(StoreError, match=rf"network file system \({type_}\).*--state-dir"):
        place.prepared(state_dir, file_system=lambda _: type_)
    assert not (state_dir / STORE_FILE).exists()


@pytest.mark.parametrize("type_", ["ext4", "tmpfs", "btrfs", "overlay", "apfs", None])
def test_a_local_or_unknown_file_system_is_taken(state_dir: Path, type_: str | None) -> None:
    assert place.prepared(state_dir, file_system=lambda _: type_) == state_dir / STORE_FILE


MOUNTINFO = r"""
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home rw,nosuid shared:2 - nfs4 server:/home rw,vers=4.2
31 30 0:41 / /home/ada/my\040disk rw shared:3 master:1 - xfs /dev/sdb1 rw
32 22 0:42 / /over rw - nfs server:/x rw
33 32 0:43 / /over rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("path", "type_"),
    [
        ("/var/lib", "ext4"),
        ("/home", "nfs4"),
        ("/home/ada", "nfs4"),
        ("/home/ada/my disk/state", "xfs"),
        ("/homes", "ext4"),
        ("/over/x", "tmpfs"),
    ],
)
def test_the_file_system_is_that_of_the_longest_and_last_mount(
    path: str, type_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTINFO.lstrip())
    monkeypatch.setattr(place, "MOUNTS", mounts)
    assert place.file_system_of(Path(path)) == type_


def test_a_linked_store_is_refused_and_its_target_untouched(state_dir: Path, tmp_path: Path) -> None:
    state_dir.mkdir(mode=0o700)
    target = tmp_path / "target"
    target.write_bytes(b"precious")
    (state_dir / STORE_FILE).symlink_to(target)
    with pytest.raises(StoreError, match="never opened through a link"):
        open_for_collector(state_dir, NOW, opening=SMALL)
    assert target.read_bytes() == b"precious"


def test_a_dangling_link_is_refused_too(state_dir: Path, tmp_path: Path) -> None:
    state_dir.mkdir(mode=0o700)
    (state_dir / STORE_FILE).symlink_to(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="never opened through a link"):
        open_for_collector(state_dir, NOW, opening=SMALL)
    assert not (tmp_path / "nowhere").exists()


def test_a_directory_of_another_user_is_refused(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state_dir.mkdir(mode=0o700)
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    with pytest.raises(StoreError, match="belongs to another user"):
        place.prepared(state_dir)


def test_a_file_in_the_way_of_the_directory_is_named(state_dir: Path) -> None:
    state_dir.touch()
    with pytest.raises(StoreError, match="state"):
        place.prepared(state_dir)


def test_a_store_that_others_could_read_is_closed_to_them(state_dir: Path) -> None:
    with stores(state_dir):
        pass
    (state_dir / STORE_FILE).chmod(0o644)
    place.prepared(state_dir)
    assert mode(state_dir / STORE_FILE) == 0o600
