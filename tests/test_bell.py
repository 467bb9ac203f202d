"""What wakes a thread that waits for a file to be written."""

import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from fleet_tui.bell import Bell, PlainBell, bell_on
from tests.support.wait import eventually

LONG_S = 20.0
SHORT_S = 0.02


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "fleet.db"
    path.parent.mkdir()
    path.write_text("")
    return path


@pytest.fixture
def bell(file: Path) -> Iterator[Bell]:
    found = bell_on(file)
    if not found.hears:
        assert not sys.platform.startswith("linux")
        pytest.skip("this system tells nobody of writes")
    yield found
    found.close()


def test_it_rings_at_a_write_to_the_file_and_to_its_log(bell: Bell, file: Path) -> None:
    assert not bell.wait(0.0)
    file.write_text("a")
    assert bell.wait(LONG_S)
    log = file.with_name("fleet.db-wal")
    log.write_text("made anew")
    assert bell.wait(LONG_S)
    while bell.wait(SHORT_S):
        pass
    with log.open("a") as more:
        more.write("and written")
    assert bell.wait(LONG_S)


def test_what_is_told_at_once_is_one_ring(bell: Bell, file: Path) -> None:
    for number in range(100):
        file.write_text(str(number))
    assert bell.wait(LONG_S)
    assert not bell.wait(SHORT_S)


def test_other_files_beside_it_ring_nothing_and_do_not_prolong_the_wait(bell: Bell, file: Path) -> None:
    ended = threading.Event()

    def chatter() -> None:
        while not ended.wait(0.005):
            (file.parent / "collector.log").write_text("a line")

    thread = threading.Thread(target=chatter)
    thread.start()
    began = monotonic()
    try:
        assert not bell.wait(0.2)
    finally:
        ended.set()
        thread.join()
    assert 0.2 <= monotonic() - began < LONG_S


@pytest.mark.parametrize("plain", [True, False])
def test_another_thread_rings_it_also_after_the_end(file: Path, *, plain: bool) -> None:
    bell = PlainBell() if plain else bell_on(file)
    rung: list[bool] = []
    thread = threading.Thread(target=lambda: rung.append(bell.wait(LONG_S)))
    thread.start()
    bell.ring()
    thread.join(LONG_S)
    assert rung == [True]
    bell.close()
    bell.ring()
    bell.close()


def test_where_the_directory_goes_away_it_says_that_it_hears_nothing_any_more(bell: Bell, file: Path) -> None:
    shutil.rmtree(file.parent)
    assert eventually(lambda: bell.wait(SHORT_S) and not bell.hears, what="deaf")
    assert not bell.wait(SHORT_S)
    bell.ring()
    assert bell.wait(LONG_S)


def test_where_nothing_can_be_watched_it_is_a_plain_one(tmp_path: Path) -> None:
    bell = bell_on(tmp_path / "nowhere" / "fleet.db")
    assert not bell.hears
    assert not bell.wait(0.0)
