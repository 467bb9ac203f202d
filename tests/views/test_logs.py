"""Log lines as they are shown: bounded, by run, in windows of time, and honest about why there are none."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.capability import Capability
from fleet_tui.domain.log import LogLine, LogState
from fleet_tui.views.book import Book, text_of
from fleet_tui.views.logs import LogPages, Window, heading, logged, nothing_words
from fleet_tui.views.model import FleetModel
from tests.support.facts import NOW, failure, resource, status, whole
from tests.support.models import words


def line(seq: int, text: str = "", *, ago_s: float = 0, run: str = "", own_time: bool = True) -> LogLine:
    at = NOW - timedelta(seconds=ago_s)
    return LogLine(seq=seq, at=at if own_time else None, read_at=at, text=text or f"line {seq}", generation=run)


def shown(pages: LogPages) -> list[str]:
    return [text_of(pages.line(index)) for index in range(pages.count())]


def test_each_line_has_its_time_and_one_that_was_only_read_then_says_so() -> None:
    pages = LogPages()
    pages.take([line(1, "own"), line(2, "read", own_time=False), LogLine(seq=3, at=None, read_at=None, text="none")])

    assert shown(pages) == [" 12:00:00 own", "~12:00:00 read", "        ? none"]
    pages.stamps = False
    assert shown(pages) == ["own", "read", "none"]


def test_colours_are_left_out_and_every_other_control_is_shown() -> None:
    pages = LogPages()
    pages.stamps = False
    pages.take([line(1, "\x1b[31mred\x1b[0m \x1b[2J\x07\u202e")])

    assert shown(pages) == ["red ␛[2J␇\ufffd"]


def test_windows_show_what_is_no_older_and_time_moves_them() -> None:
    pages = LogPages()
    pages.take([line(n, ago_s=100 - n) for n in range(1, 101)])
    pages.window = Window.MINUTE
    pages.choose(NOW)
    assert pages.count() == 61
    pages.choose(NOW + timedelta(seconds=30))
    assert pages.count() == 31
    pages.window = Window.ALL
    pages.choose(NOW)
    assert pages.count() == 100


def test_since_the_mark_shows_what_came_after_it() -> None:
    pages = LogPages()
    pages.take([line(1), line(2)])
    pages.set_mark()
    pages.take([line(3)])
    pages.window = Window.MARK
    pages.choose(NOW)

    assert shown(pages) == [" 12:00:00 line 3"]


def test_a_run_shows_its_lines_only() -> None:
    pages = LogPages()
    pages.take([line(1, run="1"), line(2, run="2"), line(3, run="2")])
    pages.run = "1"
    pages.choose(NOW)
    pages.take([line(4, run="1"), line(5, run="2")])

    assert [text[10:] for text in shown(pages)] == ["line 1", "line 4"]
    assert "run 1 of 2" in text_of(heading(pages, ["1", "2"], status(), NOW, follow=True, kept=5))


@given(sizes=st.lists(st.integers(0, 400), max_size=200), step=st.integers(1, 50))
def test_what_is_kept_is_bounded_by_lines_and_by_bytes_and_is_the_newest(sizes: list[int], step: int) -> None:
    pages = LogPages(lines_kept=40, bytes_kept=4000)
    lines = [line(n + 1, "x" * size or "-") for n, size in enumerate(sizes)]
    for start in range(0, len(lines), step):
        pages.take(lines[start : start + step])
        assert pages.held <= 40
        assert pages.size_bytes <= 4000
    kept = lines[len(lines) - pages.held :]
    assert pages.size_bytes == sum(len(one.text) + 1 for one in kept)
    assert [text[10:] for text in shown(pages)] == [one.text for one in kept]


def test_the_page_stands_still_while_old_lines_leave_above_it() -> None:
    pages = LogPages(lines_kept=100)
    book = Book(pages, wrap=False)
    book.resize(40, 5)
    pages.take([line(n) for n in range(1, 101)])
    book.scroll(90)
    before = [text_of(row) for row in book.page()]
    gone = pages.take([line(101)])
    book.turn()
    book.top = type(book.top)(book.top.line - gone)

    assert gone == 26
    assert [text_of(row) for row in book.page()] == before


def test_that_nothing_is_shown_has_its_reason() -> None:
    pages, empty = LogPages(), LogState(read_at=NOW, size_bytes=0)
    down = status(ok_s=120, failure=failure())

    assert "asking the collector" in words(nothing_words(pages, None, status(), NOW, asked_s=1))
    assert "not read for 12 s" in words(nothing_words(pages, None, status(), NOW, asked_s=12))
    assert "EMPTY: the log was read at 12:00:00Z" in words(nothing_words(pages, empty, status(), NOW, asked_s=12))
    unreachable = words(nothing_words(pages, None, down, NOW, asked_s=1))
    assert "cannot be read" in unreachable
    assert "e2b UNREACHABLE 2m00s (429)" in unreachable
    pages.take([line(1, ago_s=600)])
    pages.window = Window.MINUTE
    pages.choose(NOW)
    assert "no line in this window (last 1m); 1 line outside it" in words(
        nothing_words(pages, empty, status(), NOW, asked_s=1)
    )


def test_the_heading_says_how_old_the_newest_line_is_and_what_is_wrong_with_the_source() -> None:
    pages = LogPages()
    pages.take([line(1, ago_s=300)])
    text = text_of(heading(pages, [], status(ok_s=120, failure=failure()), NOW, follow=False, kept=9))

    assert text == "not following  all  1 line  8 older in the store  newest 5m ago  e2b UNREACHABLE 2m00s (429)"


def test_of_an_agent_what_leads_it_is_read_first_and_then_what_came_before() -> None:
    old = resource("old", agent="a", created_s=9000)
    dumb = resource("dumb", agent="a", created_s=50, can=frozenset({Capability.KILL}))
    new = resource("new", agent="a", created_s=60)
    model = FleetModel()
    model.apply(whole(old, dumb, new), NOW)

    assert [one.key.id for one in logged(model.agents["a"])] == ["new", "old"]
