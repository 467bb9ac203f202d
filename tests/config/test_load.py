"""A wrong configuration is refused by file, line and key, and never by its values."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.files import parse_toml
from fleet_tui.config.load import load
from fleet_tui.config.settings import Access
from fleet_tui.domain.identity import SourceName
from tests.config.conftest import PROVIDERS, Load

CANARY = "c4n4ry-7f3e9a51d2"
SOURCE = '[[source]]\nname = "a"\nprovider = "cloud"\n'
ENV = {"CLOUD_API_KEY": "key-1"}


def test_a_complete_file_gives_its_sources_and_their_secrets(loaded: Load) -> None:
    config = loaded(
        '[fleet]\nname = "prod"\naccess = "read-only"\nproduction = true\njoin = "anywhere"\n'
        + SOURCE
        + 'api_key = { env = "MY_KEY" }\nbase_url = "http://127.0.0.1:4010"\n',
        {"MY_KEY": "abc\n"},
    )

    assert config.fleet.access is Access.READ_ONLY
    assert config.fleet.production
    assert [s.secrets["api_key"].reveal() for s in config.sources] == ["abc"]
    assert config.acting == {SourceName("a")}


def test_sources_act_unless_they_say_otherwise(loaded: Load) -> None:
    config = loaded(SOURCE + '[[source]]\nname = "b"\nprovider = "cloud"\nact = false\n', ENV)

    assert config.acting == {SourceName("a")}


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("[flet]\n", 1, ["unknown key `flet`", "did you mean `fleet`"]),
        ('\n[fleet]\nacess = "guarded"\n', 3, ["unknown key `acess`", "did you mean `access`"]),
        ('[fleet]\naccess = "open"\n', 2, ["`access` must be one of", "read-only"]),
        ('[fleet]\nproduction = "yes"\n', 2, ["`production`", "true or false"]),
        (SOURCE + 'api_ky = { env = "X" }\n', 4, ["source a", "unknown key `api_ky`", "did you mean `api_key`"]),
        (SOURCE + "\npage_size = 1.5\n", 5, ["`page_size`", "integer"]),
        (SOURCE + 'rules = [\n  { match = "x", agnt = "y" },\n]\n', 4, ["unknown key `agnt`", "did you mean `agent`"]),
        (SOURCE + 'rules = [{ match = "(", agent = "y" }]\n', 4, ["`match` is not a regular expression"]),
        (SOURCE + 'rules = [{ match = "x", agent = "\\\\1" }]\n', 4, ["names a group"]),
        (SOURCE + 'name_pattern = "("\n', 4, ["`name_pattern` is not a regular expression"]),
        (SOURCE + 'side = "both"\n', 4, ['"cost" or "billed"']),
        (SOURCE + 'base_url = "http://example.com"\n', 4, ["plain http is refused", "use https"]),
        (SOURCE + 'base_url = "http://localhost.example.com"\n', 4, ["plain http is refused"]),
        (SOURCE + 'events_url = "http://10.0.0.1"\n', 4, ["`events_url`", "plain http is refused"]),
        (SOURCE + 'base_url = "ftp://127.0.0.1"\n', 4, ["must begin with https://"]),
        (SOURCE + 'api_key = { env = "A", file = "B" }\n', 4, ["exactly one of env, file, command or keyring"]),
        (SOURCE + "api_key = {}\n", 4, ["exactly one of env, file, command or keyring"]),
        (SOURCE + SOURCE, 5, ["two sources have the name `a`"]),
        ('[[source]]\nprovider = "cloud"\n', 1, ["source 1", "`name` is missing"]),
        ('[[source]]\nname = "a"\n', 1, ["source a", "`provider` is missing", "cloud"]),
        ('[[source]]\nname = "a"\nprovider = "clod"\n', 3, ["did you mean `cloud`"]),
        ('[[source]]\nname = "a b"\nprovider = "cloud"\n', 2, ["`name` must be letters"]),
        ('[source]\nname = "a"\n', 1, ["[[source]]"]),
        ("[fleet\n", 1, ["is not TOML"]),
        ('x = 1\n[fleet]\nname = "y\n', 3, ["is not TOML"]),
    ],
)
def test_what_is_wrong_is_named_with_file_line_and_key(
    loaded: Load, fleet_toml: Path, text: str, line: int, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(text, ENV)

    assert str(raised.value).startswith(f"{fleet_toml}:{line}: ")
    assert [word for word in words if word not in str(raised.value)] == []


@pytest.mark.parametrize(
    "text",
    [
        SOURCE + f'api_key = "{CANARY}"\n',
        SOURCE + f'api_key = {{ env = "sk-{CANARY}" }}\n',
        SOURCE + f'api_key = {{ env = "{CANARY}" }}\n',
        SOURCE + f'label = "sk_test_{CANARY}"\n',
        SOURCE + f'base_url = "https://user:{CANARY}@example.com"\n',
        SOURCE + f'base_url = "http://example.com/{CANARY}"\n',
        SOURCE + f'api_key = {{ env = "X", valu = "{CANARY}" }}\n',
        SOURCE + f'page_size = "{CANARY}"\n',
        SOURCE + f'side = "{CANARY}"\n',
        f'[fleet]\naccess = "{CANARY}"\n',
        f'[fleet]\njoin = "{CANARY}"\n',
        f'[[source]]\nname = "a"\nprovider = "{CANARY}"\n',
        f'[fleet]\nname = "{CANARY}\n',
        f"[fleet]\nname = {CANARY}\n",
        SOURCE + f'name_pattern = "({CANARY}"\n',
    ],
)
def test_no_error_repeats_a_value(loaded: Load, text: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(text, ENV)

    told = [str(raised.value), repr(raised.value), str(raised.value.__cause__), str(raised.value.__suppress_context__)]
    assert [one for one in told if CANARY in one] == []


def test_a_literal_secret_is_told_where_to_go(loaded: Load) -> None:
    with pytest.raises(ConfigError, match=r'`api_key` must say where the key is, like \{ env = "CLOUD_API_KEY" \}'):
        loaded(SOURCE + f'api_key = "{CANARY}"\n')


def test_a_file_that_all_may_write_is_not_read(loaded: Load) -> None:
    with pytest.raises(ConfigError, match="writable by all"):
        loaded(SOURCE, ENV, mode=0o606)


def test_a_file_of_somebody_else_is_not_read(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getuid", lambda: 54321)
    monkeypatch.setattr("os.fstat", _owned_by(12345))

    with pytest.raises(ConfigError, match="belongs to neither you nor root"):
        loaded(SOURCE, ENV)


def _owned_by(uid: int) -> Callable[[int], os.stat_result]:
    real = os.fstat

    def fstat(fd: int) -> os.stat_result:
        facts = list(real(fd))
        facts[4] = uid
        return os.stat_result(facts)

    return fstat


@pytest.mark.parametrize("text", [f"a = {'9' * 5000}", f"a = {'[' * 5000}"], ids=["a long number", "deep"])
def test_what_python_cannot_take_is_a_sentence_too(loaded: Load, text: str) -> None:
    with pytest.raises(ConfigError, match="is not TOML: "):
        loaded(text)


def test_in_a_huge_file_what_is_wrong_is_named_without_looking_for_its_line_for_minutes(tmp_path: Path) -> None:
    text = "a = [\n" + "1,\n" * 100_000 + "]\nzz = 1\n"
    document = parse_toml(text, tmp_path / "x.toml")
    assert document.error("unknown key", ("zz",)).line is None


def test_a_folder_or_a_pipe_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not a regular file"):
        load(tmp_path, providers=PROVIDERS, env={})


def test_one_missing_key_refuses_its_source_and_no_other(loaded: Load) -> None:
    config = loaded(SOURCE + '[[source]]\nname = "b"\nprovider = "cloud"\napi_key = { env = "OTHER_KEY" }\n', ENV)

    assert [s.settings.name for s in config.sources] == ["a"]
    assert [(r.settings.name, r.sentence) for r in config.refused] == [
        ("b", "api_key: the environment variable OTHER_KEY is not set")
    ]


def test_without_a_file_this_machine_acts_and_a_vendor_is_only_looked_at() -> None:
    config = load(None, providers=PROVIDERS, env={"CLOUD_API_KEY": "k", "BANK_API_KEY": "m"})

    assert {s.settings.name: s.settings.act for s in config.sources} == {"here": True, "cloud": False}
    assert [(f.provider.name, f.variable) for f in config.found] == [("bank", "BANK_API_KEY")]


def test_without_a_file_and_without_keys_only_this_machine_is_watched() -> None:
    config = load(None, providers=PROVIDERS, env={})

    assert [s.settings.name for s in config.sources] == ["here"]


def test_providers_that_are_not_ours_never_come_unnamed() -> None:
    config = load(None, providers=PROVIDERS, env={"CLOUD_API_KEY": "k"}, automatic={"here"})

    assert [s.settings.name for s in config.sources] == ["here"]


def test_commands_load_the_names_without_reading_a_secret(loaded: Load, fleet_toml: Path, tmp_path: Path) -> None:
    proof = tmp_path / "ran"
    fleet_toml.write_text(SOURCE + f'api_key = {{ command = ["touch", "{proof}"] }}\n', encoding="utf-8")

    config = load(fleet_toml, providers=PROVIDERS, env={}, secrets=False)

    assert list(config.settings) == ["a"]
    assert not proof.exists()


_KEYS = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1, max_size=6)
_VALUES = st.sampled_from(["1", '"x"', '"""\nlong\n\ntext"""', "[\n 1,\n 2,\n]", "{ z = 1 }", "'#'"])


@given(tables=st.lists(st.tuples(_KEYS, st.lists(_VALUES, min_size=6, max_size=6)), min_size=1, max_size=5))
def test_every_key_is_found_on_the_line_where_it_was_written(tables: list[tuple[list[str], list[str]]]) -> None:
    lines: list[str] = []
    expected: dict[tuple[str | int, ...], int] = {}
    for index, (keys, values) in enumerate(tables):
        lines += ["", "# a comment", "[[t]]"]
        expected["t", index] = len(lines)
        for key, value in zip(keys, values, strict=False):
            expected["t", index, key] = len(lines) + 1
            lines += f"{key} = {value}".split("\n")
    document = parse_toml("\n".join(lines), None)

    assert {at: document.line_of(at) for at in expected} == expected
