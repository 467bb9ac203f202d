"""Lines on pages: every row is seen once, nothing is wider than the page, and only what is near it is ever made."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.text import SafeText, cell_width, safe_line
from fleet_tui.views.book import ROWS_OF_A_LINE, Book, FixedPages, Place, text_of
from fleet_tui.views.cells import Cell, Role
from fleet_tui.views.pieces import Line
from fleet_tui.views.search import search_for

TEXTS = st.lists(st.text(max_size=60).map(safe_line), min_size=1, max_size=20)
WIDTHS = st.integers(4, 30)


class Counting:
    """Pages that tell which of their lines were made."""

    def __init__(self, count: int) -> None:
        self.made: set[int] = set()
        self._count = count

    def count(self) -> int:
        return self._count

    def line(self, index: int) -> Line:
        self.made.add(index)
        return (Cell(SafeText(f"line {index}")),)

    def indent(self, index: int) -> int:
        return 0


def book_of(*texts: SafeText, wrap: bool, width: int = 20, height: int = 5) -> Book:
    book = Book(FixedPages([[text] for text in texts]), wrap=wrap)
    book.resize(width, height)
    return book


@given(texts=TEXTS, wrap=st.booleans(), width=WIDTHS, height=st.integers(1, 9))
def test_no_row_is_wider_than_the_page(texts: list[SafeText], wrap: bool, width: int, height: int) -> None:
    book = book_of(*texts, wrap=wrap, width=width, height=height)
    for _ in range(30):
        page = book.page()
        assert len(page) <= height
        assert all(cell_width(text_of(row)) <= width for row in page)
        book.scroll(1)


@given(texts=TEXTS, width=WIDTHS)
def test_scrolling_down_row_by_row_shows_every_character_once(texts: list[SafeText], width: int) -> None:
    book = book_of(*texts, wrap=True, width=width, height=1)
    seen: list[str] = []
    before: Place | None = None
    while book.top != before:
        before = book.top
        seen.append(text_of(book.page()[0]))
        book.scroll(1)

    assert "".join(seen) == "".join(texts)


@given(texts=TEXTS, width=WIDTHS, height=st.integers(1, 9), moves=st.lists(st.integers(-12, 12), max_size=12))
def test_the_page_is_full_wherever_one_scrolls(
    texts: list[SafeText], width: int, height: int, moves: list[int]
) -> None:
    book = book_of(*texts, wrap=True, width=width, height=height)
    book.to_first()
    first = book.page()
    for rows in moves:
        book.scroll(rows)
        assert len(book.page()) == len(first)
    book.to_last()
    last = book.page()
    book.scroll_pages(99)
    assert book.page() == last
    book.scroll(-10_000)
    assert book.page() == first


def test_of_many_lines_only_those_near_the_page_are_made() -> None:
    pages = Counting(1_000_000)
    book = Book(pages, wrap=True)
    book.resize(80, 20)
    book.to_last()
    book.page()
    book.scroll_pages(-1)
    book.page()

    assert len(pages.made) <= 80


def test_the_end_is_kept_while_lines_come_and_left_by_scrolling_up() -> None:
    texts = [SafeText(str(n)) for n in range(10)]
    book = book_of(*texts, wrap=False, height=3)
    book.to_last()
    assert [text_of(row) for row in book.page()] == ["7", "8", "9"]
    book.turn(FixedPages([[SafeText(str(n))] for n in range(12)]))
    assert [text_of(row) for row in book.page()] == ["9", "10", "11"]
    book.scroll(-1)
    book.turn(FixedPages([[SafeText(str(n))] for n in range(20)]))
    assert [text_of(row) for row in book.page()] == ["8", "9", "10"]


def test_a_line_without_end_is_cut() -> None:
    book = book_of(SafeText("x" * 4096), wrap=True, width=10, height=ROWS_OF_A_LINE + 5)

    rows = book.page()

    assert len(rows) == ROWS_OF_A_LINE
    assert "longer than anybody reads" in text_of(rows[-1])


def test_what_is_found_is_marked_and_nothing_else_changes() -> None:
    book = Book(FixedPages([[Cell(SafeText("an err"), Role.DIM), Cell(SafeText("OR here, error there"))]]), wrap=False)
    book.resize(80, 3)
    plain = text_of(book.page()[0])
    book.search = search_for("error")
    book.turn()

    (row,) = book.page()

    assert text_of(row) == plain
    assert [cell.text for cell in row if cell.role is Role.MATCH] == ["err", "OR", "error"]


def test_searching_goes_on_in_steps_and_puts_what_it_found_on_the_page() -> None:
    texts = [SafeText("needle" if n in {3, 90} else f"hay {n}") for n in range(100)]
    book = book_of(*texts, wrap=False, height=10)
    book.search = search_for("~^need")

    assert book.found_from(0, 1, at_most=2) == (None, 2)
    assert book.found_from(2, 1, at_most=50) == (3, 4)
    assert book.found_from(4, 1, at_most=500) == (90, 91)
    assert book.found_from(89, -1, at_most=500) == (3, 2)
    assert book.found_from(91, 1, at_most=500) == (None, 100)
    book.show_line(90)
    assert "needle" in [text_of(row) for row in book.page()]
    assert book.top == Place(87)


def test_a_line_wraps_between_words_and_under_what_its_label_is_about() -> None:
    line = [Cell(SafeText("why    "), Role.DIM), Cell(SafeText("may I push to main? and nothing since"))]
    book = Book(FixedPages([line]), wrap=True)
    book.resize(24, 9)

    assert [text_of(row) for row in book.page()] == [
        "why    may I push to ",
        "       main? and ",
        "       nothing since",
    ]


def test_a_word_that_is_longer_than_a_row_is_cut_where_the_row_ends() -> None:
    book = book_of(SafeText("a " + "x" * 40), wrap=True, width=10)

    assert [text_of(row) for row in book.page()] == ["a ", *["x" * 10] * 4]
