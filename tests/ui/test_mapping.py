"""keymap.toml: keys by action id, and no file in which a key means two things."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.files import parse_toml
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.mapping import key_name, mapped, read_keymap, shown
from fleet_tui.ui.keys.table import KeyAction, View

PATH = Path("/x/keymap.toml")


def _read(text: str) -> dict[str, KeyAction]:
    return {one.id: one for one in mapped(parse_toml(f"[keys]\n{text}", PATH), ACTIONS)}


def test_a_key_is_named_by_the_action_and_shown_as_it_is_pressed() -> None:
    read = _read('detail = "ctrl-o"\nlogs = ["H", "F6"]\nfaults = ""\nkill = "ctrl+x"')

    assert (read["detail"].keys, read["detail"].shown) == (("ctrl+o",), "^o")
    assert (read["logs"].keys, read["logs"].shown) == (("H", "f6"), "H/F6")
    assert (read["faults"].keys, read["faults"].shown) == ((), ":faults")
    assert (read["kill"].keys, read["kill"].action) == (("ctrl+x",), "ask('kill')")


def test_without_a_file_every_key_is_as_it_was(tmp_path: Path) -> None:
    assert read_keymap(tmp_path / "keymap.toml", ACTIONS) == ACTIONS


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ('detial = "H"', 2, "there is no action `detial`; did you mean `detail`?"),
        ('detail = "H"\nlogs = "d"\nraw = "l"', 4, ""),
        ('faults = "l"', 2, "`faults` cannot have l: it is that of `logs`"),
        ('faults = "H"\ngroup = "p"', 3, "`group` cannot have p: it is that of `pause`"),
        ('kill = "Q"', 2, "`kill` needs a key with ctrl or alt, or a function key"),
        ('detail = "j"', 2, "`detail` cannot have j: it moves or marks in every table"),
        ('detail = "enter"', 2, "that key always means the same"),
        ('detail = "ctrl-i"', 2, "that key always means the same"),
        ('interrupt = ""', 2, "`interrupt` cannot be without a key"),
        ("detail = 3", 2, "is a key or a list of keys"),
        ('detail = "hyper+x"', 2, "is a key or a list of keys"),
        ('detail = "abc"', 2, "is a key or a list of keys"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(text: str, line: int, sentence: str) -> None:
    if not sentence:
        assert _read(text)["raw"].keys == ("l",)
        return
    with pytest.raises(ConfigError) as refused:
        _read(text)
    assert str(refused.value).startswith(f"{PATH}:{line}: ")
    assert sentence in str(refused.value)


def test_an_id_with_a_dot_needs_no_quotes() -> None:
    assert _read('view.spend = "F2"')["view.spend"].shown == "F2"
    with pytest.raises(ConfigError, match=r"did you mean `view\.spend`"):
        _read('view.spent = "F2"')


def test_keys_may_change_places() -> None:
    read = _read('detail = "l"\nlogs = "d"')
    assert (read["detail"].keys, read["logs"].keys) == (("l",), ("d",))


@pytest.mark.parametrize(
    ("written", "name", "drawn"),
    [("/", "slash", "/"), ("-", "minus", "-"), ("+", "plus", "+"), ("^k", "ctrl+k", "^k"), ("Ctrl-K", "ctrl+k", "^k"),
     ("F9", "f9", "F9"), ("G", "G", "G"), ("alt+x", "alt+x", "alt+x"), ("ctrl+-", "ctrl+minus", "^-"),
     ("PageUp", "pageup", "pgup"), ("^", "circumflex_accent", "^"), ("nope", None, "")],
)  # fmt: skip
def test_keys_are_written_as_people_write_them(written: str, name: str | None, drawn: str) -> None:
    assert key_name(written) == name
    if name is not None:
        assert shown(name) == drawn


@given(
    st.dictionaries(
        st.sampled_from([one.id for one in ACTIONS]),
        st.sampled_from(["", "i", "d", "l", "p", "P", "x", "ctrl+k", "ctrl+x", "F9", "F5", "w", "z", "3", "escape"]),
        max_size=6,
    )
)
def test_a_keymap_that_is_taken_never_puts_two_meanings_on_a_key(wishes: dict[str, str]) -> None:
    try:
        read = mapped(parse_toml("[keys]\n" + "\n".join(f'"{k}" = "{v}"' for k, v in wishes.items()), PATH), ACTIONS)
    except ConfigError:
        return
    for view in View:
        keys = Counter(key for one in read if view in one.views for key in one.keys)
        assert [key for key, count in keys.items() if count > 1] == []
    verbs = {key for one in read if one.verb for key in one.keys}
    assert not verbs & {key for one in read if not one.verb for key in one.keys}
    assert all(len(key) > 1 for one in read if one.id == "kill" for key in one.keys)
