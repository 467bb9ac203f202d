"""Offsets into a log stay true while it is trimmed, and no line is given twice or lost."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.providers.local.logs import read_lines, run_starts, trim


def texts(path: Path, *, limit: int, final: bool = True) -> list[str]:
    found: list[str] = []
    after: str | None = "0"
    while True:
        page = read_lines(path, after=after, limit=limit, final=final)
        found += [text for _, text in page.lines]
        after = page.cursor
        if not page.lines:
            return found


LINES = st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), max_size=30))


@given(lines=LINES, limit=st.integers(1, 5))
def test_paging_gives_every_line_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], limit: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "output.log"
    path.write_bytes("".join(line + "\n" for line in lines).encode())

    assert texts(path, limit=limit) == lines


def test_a_line_without_an_end_waits_until_nothing_more_will_come(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"one\ntw")

    assert texts(path, limit=5, final=False) == ["one"]
    assert texts(path, limit=5, final=True) == ["one", "tw"]


def test_a_line_without_any_end_is_given_in_pieces(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"x" * 200_000)

    assert [len(text) for text in texts(path, limit=2, final=False)] == [65_536] * 3


def test_each_page_is_of_one_run_and_no_line_is_lost_between_them(tmp_path: Path) -> None:
    log, starts = tmp_path / "output.log", tmp_path / "starts"
    log.write_bytes(b"one\ntwo, cut offthree\nfour\n")
    starts.write_text("1 0\n2 16\nnonsense\n")
    found: list[tuple[str, str]] = []
    after: str | None = None
    while (page := read_lines(log, after=after, limit=50, starts=run_starts(starts))).lines:
        found += [(page.generation, text) for _, text in page.lines]
        after = page.cursor

    assert found == [("1", "one"), ("1", "two, cut off"), ("2", "three"), ("2", "four")]


def test_a_log_that_was_cut_begins_anew(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    starts.write_text("1 0\n2 500\n3 900\n3 0\n4 100\n")

    assert run_starts(starts) == (("3", 0), ("4", 100))
    assert run_starts(tmp_path / "none") == ()


def test_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"\xff\xfe\x1b[2J\n")

    assert texts(path, limit=5)[0].encode("utf-8", "surrogateescape") == b"\xff\xfe\x1b[2J"


def test_trimming_gives_space_back_and_moves_no_offset(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    line = b"x" * 99 + b"\n"
    path.write_bytes(line * 10_000)
    before = path.stat()
    cursor = read_lines(path, after=str(len(line) * 9_990), limit=2).cursor

    assert trim(path, keep_bytes=100_000)

    after = path.stat()
    assert after.st_size == before.st_size
    assert after.st_blocks * 512 < 200_000
    assert after.st_mtime_ns == before.st_mtime_ns
    assert texts(path, limit=500) == ["x" * 99] * len(texts(path, limit=500))
    assert 900 < len(texts(path, limit=500)) < 1_100
    assert len(read_lines(path, after=cursor, limit=50).lines) == 8
    assert not trim(path, keep_bytes=100_000)


def test_what_was_cut_below_the_cursor_is_read_from_its_front(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"new\n")

    assert [text for _, text in read_lines(path, after="5000", limit=5).lines] == ["new"]


def test_no_log_is_no_lines(tmp_path: Path) -> None:
    assert read_lines(tmp_path / "none", after="7", limit=5).cursor == "7"


def test_what_a_silent_log_holds_was_written_when_it_grew_last(tmp_path: Path) -> None:
    path = tmp_path / "output.log"
    path.write_bytes(b"boom\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))

    assert read_lines(path, after=None, limit=5).written_by == datetime.fromtimestamp(1_700_000_000, UTC)
