"""plugins.toml: strict, and a row's value is never more than one word of a command."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.plugins import Plugin, PluginRefused, RunIn, Value, argv, environment, load_plugins

GOOD = """
[[plugin]]
name = "ssh"
key = "f5"
scope = ["fleet", "sprawl"]
command = ["ssh", "-t", "--", "{id}"]
help = "a shell where it runs"
run = "screen"
confirm = true
dangerous = true
env = ["SSH_AUTH_SOCK"]
"""


def _written(folder: Path, text: str) -> Path:
    path = folder / "plugins.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_plugin_says_where_it_can_be_run_and_what_it_runs(tmp_path: Path) -> None:
    _, (plugin,) = load_plugins(_written(tmp_path, GOOD))

    assert (plugin.name, plugin.scope, plugin.run) == ("ssh", ("fleet", "sprawl"), RunIn.SCREEN)
    assert argv(plugin, {Value.ID: "sbx_1"}) == ("ssh", "-t", "--", "sbx_1")


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert load_plugins(tmp_path / "plugins.toml")[1] == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("[[plugin]]", "[[plugins]]", 2, "unknown key `plugins`; did you mean `plugin`?"),
        ('key = "f5"', 'kee = "f5"', 4, "plugin ssh: unknown key `kee`; did you mean `key`?"),
        ('name = "ssh"', 'name = "SSH me"', 3, "`name` must be small letters"),
        ('"{id}"]', '"user@{id}"]', 6, "{id} must be a word of its own"),
        ('"{id}"]', '"{idd}"]', 6, "unknown placeholder {idd}; did you mean `id`?"),
        ('"ssh", "-t"', '"{id}", "-t"', 6, "`command` must begin with a program's name"),
        ('"ssh", "-t"', '"./ssh", "-t"', 6, "`command` must begin with a program's name"),
        ('run = "screen"', 'run = "window"', 8, "`run` must be one of"),
        ("confirm = true", "confirm = 1", 9, "`confirm`"),
        ('"SSH_AUTH_SOCK"', '"A=B"', 11, "`env` must be names of variables"),
    ],
)
def test_a_wrong_plugin_is_refused_with_its_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in GOOD
    path = _written(tmp_path, GOOD.replace(old, new, 1))

    with pytest.raises(ConfigError) as refused:
        load_plugins(path)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith(f"{path}:{line}: ")


def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="two plugins have the name `ssh`"):
        load_plugins(_written(tmp_path, GOOD + GOOD))


def test_a_file_that_all_may_write_is_not_read(tmp_path: Path) -> None:
    path = _written(tmp_path, GOOD)
    path.chmod(0o602)

    with pytest.raises(ConfigError, match="writable by all"):
        load_plugins(path)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(None, "has no id"), ("", "has no id"), ("a\nb", "control"), ("a\x1b[2J", "control"), ("a\u202eb", "hidden")],
)
def test_a_value_that_is_not_plainly_a_word_is_refused(value: str | None, sentence: str) -> None:
    with pytest.raises(PluginRefused, match=sentence):
        argv(Plugin(name="x", command=("echo", "--", "{id}")), {Value.ID: value})


def test_a_value_that_looks_like_an_option_needs_the_end_of_options_before_it() -> None:
    bare = Plugin(name="x", command=("ssh", "{id}"))
    ended = Plugin(name="x", command=("ssh", "--", "{id}"))

    with pytest.raises(PluginRefused, match="begins with `-`"):
        argv(bare, {Value.ID: "-oProxyCommand=touch x"})
    assert argv(ended, {Value.ID: "-oProxyCommand=touch x"})[-1] == "-oProxyCommand=touch x"


@given(st.text())
def test_whatever_a_row_says_a_command_keeps_its_shape(value: str) -> None:
    plugin = Plugin(name="x", command=("echo", "--", "{id}", "end"))
    try:
        words = argv(plugin, {Value.ID: value})
    except PluginRefused:
        return
    assert words == ("echo", "--", value, "end")


def test_a_command_gets_no_key_of_a_vendor_unless_it_is_named() -> None:
    env = {"PATH": "/bin", "E2B_API_KEY": "k", "SSH_AUTH_SOCK": "/s", "LD_PRELOAD": "x"}

    assert environment(Plugin(name="x", command=("x",)), env) == {"PATH": "/bin"}
    assert environment(Plugin(name="x", command=("x",), env=("SSH_AUTH_SOCK",)), env) == {
        "PATH": "/bin",
        "SSH_AUTH_SOCK": "/s",
    }
