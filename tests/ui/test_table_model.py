"""The table's memory: whatever happens to the rows, it stays with their identities."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fleet_tui.ui.widgets.table_model import TOMBSTONE_S, TableModel

_KEYS = [f"k{number}" for number in range(30)]


def _model(rows: int = 30, page: int = 10) -> TableModel:
    model = TableModel()
    model.resize(page)
    model.set_order(_KEYS[:rows], 0.0)
    return model


def test_the_cursor_starts_on_the_first_row() -> None:
    assert _model().cursor_key == "k0"


def test_a_new_order_moves_the_place_and_not_the_row() -> None:
    model = _model()
    model.move_to(5)
    model.set_order(_KEYS[::-1], 1.0)

    assert model.cursor_key == "k5"
    assert model.order[model.cursor] == "k5"
    assert model.top <= model.cursor < model.top + model.page


def test_rows_that_slip_in_above_do_not_move_the_screen() -> None:
    model = _model()
    model.move_to(15)
    offset = model.cursor - model.top
    model.set_order(["new1", "new2", *_KEYS], 1.0)

    assert model.cursor - model.top == offset


def test_at_the_top_new_rows_are_seen() -> None:
    model = _model()
    model.set_order(["new", *_KEYS], 1.0)

    assert model.top == 0
    assert model.cursor_key == "k0"
    assert model.cursor == 1


def test_the_view_stays_with_its_first_row_while_the_cursor_is_elsewhere() -> None:
    model = _model()
    model.scroll_by(15)
    first = model.visible()[0]
    model.set_order([key for key in _KEYS if key != "k3"], 1.0)

    assert model.visible()[0] == first


def test_a_row_that_comes_back_ends_its_tombstone() -> None:
    model = _model()
    model.move_to(4)
    model.set_order([key for key in _KEYS if key != "k4"], 1.0)
    assert model.on_tombstone
    model.set_order(list(_KEYS), 2.0)

    assert not model.on_tombstone
    assert model.order.count("k4") == 1


def test_leaving_a_tombstone_takes_it_away() -> None:
    model = _model()
    model.move_to(4)
    model.set_order([key for key in _KEYS if key != "k4"], 1.0)
    model.move_by(1)

    assert model.cursor_key == "k5"
    assert "k4" not in model.order


def test_a_tombstone_outlives_new_orders_but_not_its_time() -> None:
    model = _model()
    model.move_to(4)
    left = [key for key in _KEYS if key != "k4"]
    model.set_order(list(left), 1.0)
    model.set_order(list(left), 1.0 + TOMBSTONE_S - 0.1)
    assert model.on_tombstone
    model.set_order(list(left), 1.0 + TOMBSTONE_S)

    assert model.cursor_key is None
    assert model.order == left
    assert model.move_by(1)
    assert model.cursor_key == "k5"


def test_a_range_runs_from_the_last_mark_to_the_cursor() -> None:
    model = _model()
    model.move_to(3)
    model.toggle_mark()
    model.move_to(6)
    model.mark_range()

    assert model.marks == {"k3", "k4", "k5", "k6"}


def test_marks_of_rows_that_exist_no_more_are_taken_away_on_request_only() -> None:
    model = _model()
    model.mark_all()
    model.set_order(_KEYS[:5], 1.0)

    assert len(model.marks) == 30
    assert len(model.hidden_marks()) == 25
    model.unmark(_KEYS[5:])
    assert model.hidden_marks() == set()


def test_a_new_filter_puts_the_cursor_near_by_and_leaves_no_tombstone() -> None:
    model = _model()
    model.move_to(4)
    model.set_order(_KEYS[10:], 1.0, refiltered=True)

    assert model.cursor_key == "k14"
    assert not model.on_tombstone


@given(st.lists(st.integers(-40, 40), max_size=30), st.integers(0, 30), st.integers(1, 12))
def test_the_cursor_is_always_on_the_page_after_a_move(moves: list[int], rows: int, page: int) -> None:
    model = _model(rows, page)
    for move in moves:
        model.move_by(move)

        assert model.top <= model.cursor < model.top + model.page
        assert rows == 0 or model.order[model.cursor] == model.cursor_key


class Table(RuleBasedStateMachine):
    """Orders, time, moves and marks in any sequence; only a move may bring the cursor to another row."""

    def __init__(self) -> None:
        super().__init__()
        self.model = _model()
        self.now_s = 0.0
        self.key = self.model.cursor_key

    @rule(order=st.lists(st.sampled_from(_KEYS), unique=True), seconds=st.floats(0, 4))
    def other_rows(self, order: list[str], seconds: float) -> None:
        """A poll or a filter."""
        self.now_s += seconds
        self.model.set_order(order, self.now_s)
        self._only_lost()

    @rule(order=st.lists(st.sampled_from(_KEYS), unique=True))
    def other_filter(self, order: list[str]) -> None:
        """The user asks for other rows, so the cursor may go to one of them."""
        self.model.set_order(order, self.now_s, refiltered=True)
        assert not self.model.on_tombstone
        self.key = self.model.cursor_key

    @rule(seconds=st.floats(0, 8))
    def time_passes(self, seconds: float) -> None:
        """The timer."""
        self.now_s += seconds
        self.model.expire(self.now_s)
        self._only_lost()

    @rule(rows=st.integers(-30, 30))
    def move(self, rows: int) -> None:
        """A key."""
        self.model.move_by(rows)
        self.key = self.model.cursor_key

    @rule(rows=st.integers(-30, 30))
    def scroll(self, rows: int) -> None:
        """The wheel."""
        self.model.scroll_by(rows)
        self._only_lost()

    @rule(page=st.integers(1, 20))
    def resize(self, page: int) -> None:
        """Another terminal size."""
        self.model.resize(page)
        self._only_lost()

    @rule()
    def mark(self) -> None:
        """Space."""
        self.model.toggle_mark()

    def _only_lost(self) -> None:
        assert self.model.cursor_key in {self.key, None}
        self.key = self.model.cursor_key

    @invariant()
    def keys_are_unique_and_the_cursor_is_where_it_says(self) -> None:
        """The order holds each row once; a cursor with a key stands on it."""
        model = self.model
        assert len(set(model.order)) == len(model.order)
        assert model.cursor_key is None or model.order[model.cursor] == model.cursor_key
        assert 0 <= model.top <= max(0, len(model.order) - model.page)


TestTable = Table.TestCase


def test_a_followed_row_stays_on_the_page_wherever_it_goes() -> None:
    model = TableModel()
    model.resize(5)
    model.set_order([f"r{n:02}" for n in range(40)], 0.0)
    model.move_to(20)
    model.scroll_by(-20)
    model.follow = True
    model.set_order([f"r{n:02}" for n in [*range(20), *range(21, 40), 20]], 0.0)

    assert model.cursor_key == "r20"
    assert "r20" in model.visible()
