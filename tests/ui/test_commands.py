"""The command line understands every action of the one table, and says in one sentence what it does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.domain.action import Verb
from fleet_tui.domain.filter import EVERYTHING, parse_line
from fleet_tui.ui.commands import COMMANDS, CommandError, filter_of, understood
from fleet_tui.ui.keymap import ACTIONS
from fleet_tui.ui.keys.table import View
from fleet_tui.ui.palette import entries_of, found_steps
from fleet_tui.ui.places import Place, Places
from fleet_tui.views.ordering import finished


def test_every_view_verb_and_action_has_one_command_and_no_name_means_two() -> None:
    names = [name for command in COMMANDS for name in command.names]
    assert len(names) == len(set(names))
    assert {command.view for command in COMMANDS if command.view} == set(View)
    assert {command.verb for command in COMMANDS if command.verb} == set(Verb)
    reached = {command.action.id for command in COMMANDS if command.action}
    reached |= {one.id for one in ACTIONS if one.verb is not None or one.id.startswith("view.")}
    assert {one.id for one in ACTIONS} - reached == set()


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("fleet", "fleet"), ("fl team:ci", "fleet"), ("fa", "failures"), ("sp", "spend"), ("att", "attention"),
        ("q", "quit"), ("q!", "quit-now"), ("kill", "kill"), ("kill team:ci", "kill"), ("extend 1h", "extend"),
        ("revoke key-1", "revoke"), ("theme light", "theme"), ("theme", "theme"), ("outc", "outcomes"),
        ("filter team:ci", "filter"), ("by-name", "by-name"),
    ],
)  # fmt: skip
def test_a_line_means_a_command(line: str, name: str) -> None:
    command = understood(line).command
    assert command is not None
    assert command.name == name


@pytest.mark.parametrize("line", ["/ci", "@e2b", "team:ci", "!team:ci", "label.env:x", "-f cfx", "usd>1", "~^ci"])
def test_a_line_without_a_command_is_a_filter(line: str) -> None:
    assert understood(line).command is None
    assert filter_of(understood(line).words, ["e2b"]).terms


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "type a command"),
        ("spned", "there is no command spned: did you mean spend?"),
        ("re", "re could be"),
        ("freeze x", "freeze takes nothing behind it"),
        ("revoke", "revoke needs more: :revoke ID..."),
        ("theme a b", "theme takes one word"),
        ('fleet "x', "a double quote is open"),
    ],
)
def test_a_mistake_is_one_sentence(line: str, sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        understood(line)
    assert sentence in str(refused.value)


def test_a_source_is_named_in_full_or_by_its_beginning() -> None:
    sources = ["daytona-eu", "e2b-eu", "e2b-us"]
    assert filter_of(["team:ci", "@day", "/x"], sources).text == "team:ci source:daytona-eu x"
    for word, said in (("@e2b", "there is e2b-eu, e2b-us"), ("@nope", "there is no source nope"), ("@", "there is")):
        with pytest.raises(CommandError, match=said):
            filter_of([word], sources)


@given(st.text(max_size=20))
def test_no_line_breaks_the_command_line(line: str) -> None:
    sentence = ""
    try:
        filter_of(understood(line).words, ["e2b"])
    except CommandError as refused:
        sentence = str(refused)
    assert sentence.isprintable()


def test_the_palette_ranks_names_before_sentences_and_finds_agents() -> None:
    entries = entries_of(COMMANDS, ["dark", "light"])
    agents = {"a1": "spender-7", "a2": "ci-fix"}
    found = finished(found_steps("spend", entries, agents, agents.__getitem__))
    assert [entry.name for entry in found[:2]] == ["spend", "spender-7"]
    assert finished(found_steps("cfx", entries, agents, agents.__getitem__))[0].handle == "a2"
    assert finished(found_steps("", entries, agents, agents.__getitem__)) == entries
    assert finished(found_steps("theme li", entries, agents, agents.__getitem__))[0].line == "theme light"


def test_places_go_back_and_forth_and_forget_what_was_ahead() -> None:
    def place(view: View, line: str = "", cursor: str | None = None) -> Place:
        return Place(view=view, filter=parse_line(line) if line else EVERYTHING, cursor=cursor)

    places = Places()
    fleet, spend, ci = place(View.FLEET, cursor="a"), place(View.SPEND), place(View.FLEET, "team:ci")
    assert places.back(fleet) is None
    places.leave(fleet)
    places.leave(spend)
    assert places.last_view(ci) is View.SPEND
    assert places.back(ci) == spend
    assert places.back(spend) == fleet
    assert places.forward(fleet) == spend
    assert places.forward(spend) == ci
    assert places.back(ci) == spend
    places.leave(spend)
    assert places.forward(place(View.AUDIT)) is None
