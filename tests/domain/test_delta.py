"""A delta cut into pieces: nothing is lost, nothing comes twice, and none is longer than asked for."""

from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.delta import FleetDelta, in_pieces
from tests.support.facts import key, next_delta, resource, status, total, vitals


@given(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9), st.integers(1, 12), st.booleans(), st.booleans())
def test_pieces_are_the_whole(changed: int, gone: int, moved: int, rows: int, whole: bool, last: bool) -> None:
    delta = FleetDelta(
        store_id="s",
        revision=7,
        whole=whole,
        last=last,
        resources=tuple(resource(f"r{n}") for n in range(changed)),
        gone=tuple(key(f"g{n}") for n in range(gone)),
        vitals=tuple(vitals(key(f"v{n}")) for n in range(moved)),
        statuses=(status(),),
    )

    pieces = list(in_pieces(delta, rows))

    assert all(piece.rows <= rows for piece in pieces)
    assert tuple(row for piece in pieces for row in piece.resources) == delta.resources
    assert tuple(row for piece in pieces for row in piece.gone) == delta.gone
    assert tuple(row for piece in pieces for row in piece.vitals) == delta.vitals
    assert [piece.statuses for piece in pieces] == [delta.statuses, *([()] * (len(pieces) - 1))]
    assert [piece.whole for piece in pieces] == [whole, *([False] * (len(pieces) - 1))]
    assert [piece.last for piece in pieces] == [*([False] * (len(pieces) - 1)), last]


def test_a_short_delta_stays_in_one_piece() -> None:
    delta = next_delta(2, totals=(total("a", "1"),))
    assert list(in_pieces(delta, 1)) == [delta]
