"""One key, one meaning: the table of keys holds what the screens promise."""

from collections import Counter

import pytest
from textual.binding import Binding

from fleet_tui.domain.action import VERBS
from fleet_tui.ui.keymap import ACTIONS, bindings, of_view
from fleet_tui.ui.keys.table import VIEW_KEYS, View
from fleet_tui.ui.screens.help import help_lines
from fleet_tui.ui.widgets.table_keys import TABLE_BINDINGS
from fleet_tui.views.cells import Cell

TABLE_KEYS = [key for one in TABLE_BINDINGS if isinstance(one, Binding) for key in one.key.split(",")]


@pytest.mark.parametrize("view", View)
def test_no_key_has_two_meanings_in_one_view(view: View) -> None:
    keys = Counter([key for one in of_view(view) for key in one.keys] + TABLE_KEYS)
    assert [key for key, count in keys.items() if count > 1] == []


def test_a_verbs_key_means_nothing_else_in_any_view() -> None:
    verb_keys = {key for one in ACTIONS if one.verb is not None for key in one.keys}
    others = {key for one in ACTIONS if one.verb is None for key in one.keys} | set(TABLE_KEYS)
    assert verb_keys & others == set()


def test_every_verb_with_a_key_is_bound_and_no_final_one_is() -> None:
    bound = {one.verb for one in ACTIONS if one.verb is not None}
    assert bound == {spec.verb for spec in VERBS.values() if spec.key is not None}
    assert not any(VERBS[verb].final for verb in bound)


def test_no_action_takes_a_target() -> None:
    for one in ACTIONS:
        parameters = one.action.partition("(")[2].rstrip(")")
        assert parameters == "" or one.action.startswith(("ask(", "view(", "sort(", "sort_step("))
    assert {one.action for one in ACTIONS if one.action.startswith("ask(")} == {
        f"ask('{verb.value}')" for verb in VERBS if VERBS[verb].key is not None
    }


def test_no_verb_has_priority_over_what_has_the_focus() -> None:
    views = [*VIEW_KEYS.values()]
    heard_first = [one.key for one in bindings() if one.priority]
    assert sorted(heard_first) == sorted([*views, "slash", "colon", "ctrl+p", "ctrl+z", "ctrl+c"])


@pytest.mark.parametrize("view", View)
def test_the_help_names_every_key(view: View) -> None:
    printed = "\n".join(
        "".join(cell.text if isinstance(cell, Cell) else cell for cell in line) for line in help_lines(view)
    )
    for one in of_view(view):
        assert one.shown in printed
        assert one.help in printed
