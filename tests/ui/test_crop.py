"""The closer crop: only in place where it knows what it replaces, and never through a glyph."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from fleet_tui.ui import crop

_TEXT = st.text(alphabet="ab \u751f\u7522\U0001f680\u0301", min_size=1, max_size=20)


@given(_TEXT, st.integers(0, 30), st.integers(0, 30))
def test_edges_move_outward_to_whole_glyphs(text: str, one: int, other: int) -> None:
    strip = Strip([Segment(text)])
    left, right = sorted((min(one, strip.cell_length), min(other, strip.cell_length)))
    if left == right:
        return
    first, last = crop._outward(strip, left, right)

    assert left - 1 <= first <= left
    assert right <= last <= right + 1
    assert strip.crop(first, last).cell_length == last - first
    assert strip.crop(first, last).text in text


def test_a_source_it_does_not_know_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crop, "_KNOWN_SOURCE", "of another version")
    monkeypatch.setattr(ChopsUpdate, "render_segments", _stand_in)

    assert not crop.tighten()
    assert ChopsUpdate.render_segments is _stand_in


def test_a_source_that_cannot_be_read_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    namespace: dict[str, object] = {}
    exec(compile("def frozen(self, console): return ''", "/nowhere/at/all.py", "exec"), namespace)
    monkeypatch.setattr(ChopsUpdate, "render_segments", namespace["frozen"])

    assert not crop.tighten()


def _stand_in(_self: object, _console: object) -> str:
    return ""
