"""Safe text: whatever a vendor writes, what is drawn is printable, bounded, and where it was put."""

import random
import re
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from fleet_tui.domain.text import (
    LINE_LIMIT,
    SafeText,
    cell_width,
    crop_cells,
    exact,
    fit_cells,
    has_hidden,
    name_cell,
    safe_block,
    safe_line,
)
from tests.support.corpora import Corpora, own_hostile_names
from tests.support.wait import eventually

_ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=300)
_NASTY = (
    "\x1b\x07\r\n\t\x00\x7f\x9b\u200b\u200d\u202e\u2066\ufe0f\u0301\u0302\u034f\u3164\u2800"
    "\U0001f3fd\U0001f468\ud800ab [/]\u0915\u094d"
)
_NASTY_TEXT = st.text(alphabet=st.sampled_from(_NASTY), max_size=200)
_OWN = own_hostile_names()


def _clean(text: str) -> bool:
    return text.isprintable() and not any(unicodedata.category(char).startswith("C") for char in set(text))


def _blocks(size: int, *, every: int = 1) -> Iterator[list[str]]:
    """Every code point, so many at a time; of the planes of ideographs and of nothing, each `every`th block."""
    for number, first in enumerate(range(0, sys.maxunicode + 1, size)):
        if first < 0x20000 or number % every == 0:
            yield [chr(code) for code in range(first, min(first + size, sys.maxunicode + 1))]


@pytest.mark.no_cover
def test_every_code_point_between_two_letters_is_drawn_safely() -> None:
    for block in _blocks(512):
        line = safe_line("".join(f"a{char}b" for char in block))

        assert _clean(line), ascii(block[0])
        assert re.fullmatch(f"(?:a.?b){{{len(block)}}}", line), ascii(block[0])


@pytest.mark.no_cover
def test_every_code_point_measures_as_the_screen_measures_it() -> None:
    for block in _blocks(64, every=16):
        line = safe_line("".join(f"a{char}" for char in block))

        assert cell_len(line) == cell_width(line), ascii(block[0])


@pytest.mark.no_cover
def test_every_code_point_in_a_name_is_safe_and_stays_so() -> None:
    for block in _blocks(64, every=16):
        name = name_cell("".join(f"a{char}" for char in block), 200)

        assert _clean(name), ascii(block[0])
        assert name == name_cell(name, 200) == safe_line(name), ascii(block[0])
        assert cell_len(name) <= 4 * len(block), ascii(block[0])


@given(st.one_of(_ANY_TEXT, _NASTY_TEXT, st.binary(max_size=300)), st.integers(1, 60))
def test_drawing_twice_changes_nothing_and_never_grows(raw: str | bytes, limit: int) -> None:
    line = safe_line(raw, limit)

    assert _clean(line)
    assert len(line) <= limit
    assert line == safe_line(line, limit)


@given(st.one_of(_ANY_TEXT, _NASTY_TEXT))
def test_a_name_drawn_twice_changes_nothing(raw: str) -> None:
    name = name_cell(raw)

    assert _clean(name)
    assert name == name_cell(name) == safe_line(name)


@pytest.mark.no_cover
@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_random_hostile_text_stays_safe(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(1000):
        raw = "".join(dice.choice(_NASTY) for _ in range(dice.randrange(40)))
        line = safe_line(raw)

        assert _clean(line), ascii(raw)
        assert line == safe_line(line), ascii(raw)


@pytest.mark.parametrize("name", _OWN)
def test_our_own_hostile_names_are_drawn_safely_everywhere(name: str) -> None:
    raw = _OWN[name]
    for line in (safe_line(raw), name_cell(raw), exact(raw), *safe_block(raw)):
        assert _clean(line)
        assert cell_len(line) == cell_width(line)


@pytest.mark.corpora
def test_the_corpora_are_drawn_safely_everywhere(corpora: Corpora) -> None:
    raws: list[str | bytes] = [*corpora.hostile().values(), *corpora.invalid_utf8().values(), *corpora.naughty()]

    assert len(raws) > 500
    for raw in raws:
        for line in (safe_line(raw), name_cell(raw), exact(raw), *safe_block(raw)):
            assert _clean(line), ascii(raw)
            assert cell_len(line) == cell_width(line), ascii(raw)
        assert safe_line(raw) == safe_line(safe_line(raw)), ascii(raw)


@pytest.mark.parametrize(
    ("raw", "drawn"),
    [
        ("plain", "plain"),
        ("Gr\u00f6\u00dfe \u2713 \u751f", "Gr\u00f6\u00dfe \u2713 \u751f"),
        ("a\tb", "a b"),
        ("\x1b[2J", "\u241b[2J"),
        ("a\r\nb\x00\x7f", "a\u240d\u240ab\u2400\u2421"),
        ("a\x9bb\u202ec\ufeffd\u00a0e", "a\ufffdb\ufffdc\ufffdd\ufffde"),
        ("a\u3164\u2800\u034f\ufffcb", "a\ufffd\ufffd\ufffd\ufffdb"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\U0001f469\U0001f467"),
        ("\U0001f44d\U0001f3fd 1\ufe0f\u20e3", "\U0001f44d 1"),
        ("\ufe0f", "\ufffd"),
        ("\u0301a", "\u25cc\u0301a"),
        ("a" + "\u0301" * 9 + "b", "a" + "\u0301" * 4 + "b"),
        (b"a\xff\xc3\xa9", "a\ufffd\u00e9"),
    ],
)
def test_each_rule_draws_what_it_says(raw: str | bytes, drawn: str) -> None:
    assert drawn == safe_line(raw)


def test_plain_text_is_handed_back_untouched() -> None:
    raw = "ci-fix-07 exited 1"

    assert safe_line(raw) is raw


def test_what_is_cut_ends_in_an_ellipsis() -> None:
    assert safe_line("abcdefgh", 4) == "abc\u2026"
    assert safe_line("abcd", 4) == "abcd"
    assert len(safe_line(b"x" * 1_000_000)) == LINE_LIMIT


def test_lines_end_at_newlines_only() -> None:
    assert safe_block("a\r\nb\x0bc\x85d\u2028e\n\n") == ["a", "b\u240bc\ufffdd\ufffde", ""]
    assert safe_block("") == []
    assert safe_block(b"a\n\xffb\n") == ["a", "\ufffdb"]


@given(_ANY_TEXT)
def test_a_block_has_one_line_for_each_newline_and_no_more(raw: str) -> None:
    lines = safe_block(raw)

    assert raw.removesuffix("\n").count("\n") + 1 == len(lines) or raw == ""
    assert all(_clean(line) for line in lines)


def test_a_block_is_cut_at_its_rows_and_counts_the_rest() -> None:
    assert safe_block("0\n1\n2\n3\n4\n", rows=3) == ["0", "1", "\u2026 3 more lines"]
    assert safe_block("0\n1\n2\n", rows=3) == ["0", "1", "2"]
    assert len(safe_block("x\n" * 100_000, rows=100)) == 100


def test_a_newline_in_a_name_makes_no_second_row() -> None:
    assert "\n" not in safe_line("a\nb")
    assert "\u2028" not in name_cell("a\u2028b")


@given(_NASTY_TEXT, st.integers(0, 200))
def test_a_sequence_split_across_chunks_is_clean_when_joined(raw: str, at: int) -> None:
    joined = safe_line(raw[:at]) + safe_line(raw[at:])

    assert _clean(joined)
    assert "\x1b" not in joined


def test_bytes_split_inside_a_character_are_clean_when_joined() -> None:
    raw = "\u00e9\u751f\U0001f468\x1b[2J".encode()
    for at in range(len(raw)):
        assert _clean(safe_line(raw[:at]) + safe_line(raw[at:]))


@pytest.mark.no_cover
def test_four_thousand_marks_keep_four_and_cost_no_more_than_other_text() -> None:
    raw = "a" + "\u0301\u0302" * 2047
    spent = min(_cpu_s(lambda: safe_line(raw)) for _ in range(5))
    usual = min(_cpu_s(lambda: safe_line("\x1b\u202e" * 2047)) for _ in range(5))

    assert safe_line(raw) == "a\u0301\u0302\u0301\u0302"
    assert spent < 5 * usual


def test_a_huge_string_costs_no_more_than_its_cut() -> None:
    raw = "\x1b" * 1_000_000

    assert min(_cpu_s(lambda: safe_line(raw)) for _ in range(5)) < 0.005


def _cpu_s(work: Callable[[], object]) -> float:
    begun = process_time()
    work()
    return process_time() - begun


def test_exact_spells_what_hides() -> None:
    assert exact("prod\u200b-1") == "prod\\u{200b}-1"
    assert exact("\\u{200b}") == "\\\\u{200b}"
    assert exact(b"a\xff") == "a\\u{dcff}"
    assert exact("abcde", limit=3) == "abc\\...(+2)"


@given(_ANY_TEXT, _ANY_TEXT)
def test_two_different_names_never_spell_equal(one: str, other: str) -> None:
    assert (one == other) == (exact(one) == exact(other))
    assert exact(one).isascii()
    assert exact(one).isprintable()


def test_hidden_and_look_alike_characters_raise_the_badge() -> None:
    for raw in ("prod\u200b-1", "pr\u043ed-1", "\u202eprod", "a\nb", "\\u{200b}", b"a\xff"):
        assert has_hidden(raw), raw
    assert not has_hidden("prod-1 (eu)")
    assert not has_hidden(b"prod-1")


def test_a_name_keeps_scripts_of_agreed_width_and_nothing_that_moves_columns() -> None:
    assert name_cell("Gro\u0308\u00dfe") == "Gr\u00f6\u00dfe"
    assert name_cell("\u751f\u7522 \u0440\u0443\u0441 \U0001f680") == "\u751f\u7522 \u0440\u0443\u0441 \U0001f680"
    assert name_cell("\u0644\u0627 456") == "\ufffd\ufffd 456"
    assert name_cell("\u0915\u094d\u0937\u093f") == "\u0915\ufffd\u0937\ufffd"
    assert name_cell("\U0001f1e9\U0001f1ea \u4dc0") == "\ufffd\ufffd \ufffd"


@given(_ANY_TEXT, st.integers(0, 40))
def test_a_fitted_cell_has_exactly_its_cells(raw: str, cells: int) -> None:
    text = safe_line(raw)

    assert cells == cell_len(fit_cells(text, cells))
    assert cells == cell_len(fit_cells(text, cells, right=True, ellipsis="~"))
    assert cell_len(crop_cells(text, cells)) <= cells


def test_cropping_never_halves_a_glyph() -> None:
    wide = SafeText("\u751f\u7522\u7ba1")

    assert crop_cells(wide, 4) == "\u751f\u2026"
    assert wide == crop_cells(wide, 6)
    assert fit_cells(wide, 4, right=True) == " \u751f\u2026"


@pytest.mark.tmux
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_real_terminal_agrees_on_the_width_of_names(tmp_path: Path) -> None:
    names = [name[:60] for raw in _OWN.values() if (name := name_cell(raw)).strip()]
    widths = _tmux_widths(names, f"{tmp_path}/tmux.sock")

    assert [cell_width(name) for name in names] == widths


def _tmux_widths(names: list[str], socket: str) -> list[int]:
    def tmux(*arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", socket, *arguments], capture_output=True, text=True, timeout=10, check=True
        )
        return done.stdout.strip()

    tmux("-u", "-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "10", "cat")
    try:
        return [_measured(tmux, name) for name in names]
    finally:
        tmux("kill-server")


def _measured(tmux: Callable[..., str], name: str) -> int:
    tty = tmux("display-message", "-p", "#{pane_tty}")
    Path(tty).write_text("\x1b[2J\x1b[H" + name + "\x1b[3B", encoding="utf-8")
    return int(eventually(lambda: _settled(tmux), what="the pane to draw"))


def _settled(tmux: Callable[..., str]) -> str:
    row, column = tmux("display-message", "-p", "#{cursor_y} #{cursor_x}").split()
    return column if row == "3" else ""
