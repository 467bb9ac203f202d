"""A record that says the same again is not read again, whatever its place, and what is gone is forgotten."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.recall import Recall, RecallById


class Maker:
    def __init__(self) -> None:
        self.made: list[bytes] = []

    def __call__(self, record: bytes) -> list[str]:
        self.made.append(record)
        return [record.decode()]


def test_the_same_record_is_the_same_object_and_is_made_once() -> None:
    maker = Maker()
    recall = Recall(maker)
    first = recall.rows([b"a", b"b"])
    again = recall.rows([b"b", b"a", b"c"])
    assert again[0] is first[1]
    assert again[1] is first[0]
    assert maker.made == [b"a", b"b", b"c"]


def test_what_broke_is_made_again_the_next_time() -> None:
    broken = True

    def make(record: bytes) -> str:
        if broken:
            raise ValueError(record)
        return record.decode()

    recall = Recall(make)
    try:
        recall.rows([b"a"])
    except ValueError:
        broken = False
    assert recall.rows([b"a"]) == ["a"]


@given(st.lists(st.lists(st.binary(max_size=2).filter(bytes.isascii), max_size=6), max_size=12))
def test_the_rows_are_always_what_mapping_afresh_would_give(listings: list[list[bytes]]) -> None:
    maker = Maker()
    recall = Recall(maker)
    for records in listings:
        assert recall.rows(records) == [[record.decode()] for record in records]


def test_what_is_not_listed_any_more_does_not_pile_up() -> None:
    maker = Maker()
    recall = Recall(maker)
    for number in range(100):
        recall.rows([str(number).encode()])
    recall.rows([b"0"])
    assert maker.made.count(b"0") == 2


def test_a_few_records_that_changed_cost_no_look_at_the_others() -> None:
    maker = Maker()
    recall = Recall(maker)
    names = [str(number).encode() for number in range(20)]
    first = recall.rows(names)
    again = recall.rows([b"other" if name == b"7" else name for name in names])
    assert [at for at, (one, two) in enumerate(zip(first, again, strict=True)) if one is not two] == [7]
    assert maker.made == [*names, b"other"]


def test_what_a_caller_does_with_its_rows_changes_none_of_the_next() -> None:
    recall = Recall(Maker())
    recall.rows([b"a", b"b"]).clear()
    assert recall.rows([b"a", b"b"]) == [["a"], ["b"]]


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(0, 2)), max_size=12))
def test_decoded_records_are_recalled_by_their_id(listings: list[dict[str, int]]) -> None:
    recall: RecallById[list[int], list[int]] = RecallById(list)
    before: dict[str, list[int]] = {}
    for listing in listings:
        rows = dict(zip(listing, recall.rows({id_: [value] for id_, value in listing.items()}), strict=True))
        assert rows == {id_: [value] for id_, value in listing.items()}
        assert all(rows[id_] is before[id_] for id_ in rows if before.get(id_) == rows[id_])
        before = rows
