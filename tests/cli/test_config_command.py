"""`config` writes a first file, shows what is in force without secrets, and says what the file may hold."""

import json
import stat
import tomllib
from typing import Any

import jsonschema
import pytest

from tests.cli.conftest import LOCAL
from tests.support.command import Cli

CANARY = "c4n4ry-7f3e9a51d2"
KEYS = {"E2B_API_KEY": f"e2b_{CANARY}", "STRIPE_API_KEY": f"sk_test_{CANARY}"}


def test_path_says_where_the_file_is_looked_for(cli: Cli) -> None:
    assert cli("config", "path").out == f"{cli.home}/.config/fleet-tui/fleet.toml\n"
    assert cli("config", "path", env={"FLEET_TUI_CONFIG": "/etc/x.toml"}).out == "/etc/x.toml\n"
    assert cli("config", "path", "--config", "/c.toml", env={"FLEET_TUI_CONFIG": "/etc/x.toml"}).out == "/c.toml\n"


def test_init_writes_what_was_found_and_the_file_loads(cli: Cli) -> None:
    cli.env |= KEYS

    ran = cli("config", "init")

    path = cli.home / ".config" / "fleet-tui" / "fleet.toml"
    assert (ran.code, ran.out) == (0, f"{path}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text(encoding="utf-8")
    assert CANARY not in text + ran.out + ran.err
    assert {source["name"] for source in tomllib.loads(text)["source"]} == {"local", "e2b"}
    assert "STRIPE_API_KEY is set: take the marks away" in text
    assert cli("config", "show").code == 0


def test_init_examples_load_when_their_marks_are_taken_away(cli: Cli) -> None:
    cli("config", "init")
    path = cli.home / ".config" / "fleet-tui" / "fleet.toml"
    head, _, examples = path.read_text(encoding="utf-8").partition("# [[source]]")
    path.write_text(head + ("# [[source]]" + examples).replace("\n# ", "\n").replace("# [[", "[[", 1), encoding="utf-8")

    shown = cli("config", "show")

    assert "unknown key" not in shown.err
    assert {source["provider"] for source in json.loads(shown.out)["sources"]} > {"local", "e2b", "stripe"}


def test_init_never_writes_over_a_file(cli: Cli) -> None:
    path = cli.write(LOCAL)

    ran = cli("config", "init")

    assert ran.code == 2
    assert "stays as it is" in ran.err
    assert path.read_text(encoding="utf-8") == LOCAL


def test_show_says_where_keys_are_and_not_what_they_are(cli: Cli) -> None:
    cli.env |= KEYS

    ran = cli("config", "show")

    shown: dict[str, Any] = json.loads(ran.out)
    assert CANARY not in ran.out + ran.err
    assert shown["file"] is None
    by_name = {source["name"]: source for source in shown["sources"]}
    assert by_name["e2b"]["api_key"] == "the environment variable E2B_API_KEY"
    assert (by_name["e2b"]["act"], by_name["local"]["act"]) == (False, True)
    assert shown["found"] == [{"provider": "stripe", "variable": "STRIPE_API_KEY"}]


@pytest.fixture
def schema(cli: Cli) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(cli("config", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def test_the_schema_says_what_is_kept_beside_the_store(schema: dict[str, Any]) -> None:
    assert "rescue/ 30 days" in schema["$comment"]


def test_the_schema_takes_what_is_right(schema: dict[str, Any]) -> None:
    text = '[fleet]\nname = "prod"\naccess = "read-only"\n' + LOCAL
    text += '[[source]]\nname = "e"\nprovider = "e2b"\napi_key = { env = "K" }\nwrite_labels = true\n'

    jsonschema.validate(tomllib.loads(text), schema)


@pytest.mark.parametrize(
    "text",
    [
        "[flet]\n",
        '[fleet]\naccess = "open"\n',
        LOCAL + "discoverr = true\n",
        '[[source]]\nname = "e"\nprovider = "e2b"\napi_key = "literal"\n',
        '[[source]]\nname = "e"\nprovider = "nobody"\n',
        '[[source]]\nprovider = "local"\n',
    ],
)
def test_the_schema_refuses_what_is_wrong(schema: dict[str, Any], text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema)


def test_install_writes_a_unit_and_switches_nothing_on(cli: Cli) -> None:
    cli.write(LOCAL)

    ran = cli("collect", "--install")

    unit = cli.home / ".config" / "systemd" / "user" / "fleet-tui-collector.service"
    assert (ran.code, ran.out) == (0, f"{unit}\n")
    assert f'"--config" "{cli.config}"' in unit.read_text(encoding="utf-8")
    assert "systemctl --user" in ran.err
    assert cli("collect", "--install").code == 0
    unit.write_text("something else", encoding="utf-8")
    assert cli("collect", "--install").code == 2
