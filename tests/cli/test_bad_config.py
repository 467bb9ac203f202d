"""A wrong configuration or key ends in a sentence that names the place, never in a traceback, never with the value."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import LOCAL
from tests.support.command import Cli, Ran

CANARY = "c4n4ry-7f3e9a51d2"
E2B = '[[source]]\nname = "e2b-us"\nprovider = "e2b"\nbase_url = "http://127.0.0.1:1"\n'


def clean(ran: Ran) -> Ran:
    """What every ending has in common."""
    assert CANARY not in ran.out + ran.err
    assert "Traceback" not in ran.err
    return ran


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (E2B + f'api_key = "{CANARY}"\n', 5, "`api_key` must say where the key is"),
        (E2B + f'label = "sk_test_{CANARY}"\n', 5, "looks like a credential"),
        (E2B + f'api_kye = {{ env = "{CANARY}" }}\n', 5, "unknown key `api_kye`; did you mean `api_key`?"),
        (LOCAL + LOCAL, 6, "two sources have the name `here`"),
        (
            f'[[source]]\nname = "x"\nprovider = "e2b"\nbase_url = "http://{CANARY}.example"\n',
            4,
            "plain http is refused",
        ),
        (f'[fleet]\naccess = "{CANARY}"\n', 2, 'must be one of "guarded", "read-only"'),
        (f"[fleet]\nname = {CANARY}\n", 2, "is not TOML"),
    ],
)
@pytest.mark.parametrize("command", [["ls"], ["kill", "x"], ["collect", "--once"], ["config", "show"], []])
def test_a_wrong_file_is_named_with_its_line(cli: Cli, text: str, line: int, words: str, command: list[str]) -> None:
    path = cli.write(text)

    ran = clean(cli(*command))

    assert (ran.code, ran.out) == (2, "")
    assert f"{path}:{line}: " in ran.err
    assert words in ran.err


def test_a_file_that_all_may_write_is_refused(cli: Cli) -> None:
    path = cli.write(LOCAL, mode=0o666)

    ran = clean(cli("ls"))

    assert ran.code == 2
    assert f"{path}: is writable by all" in ran.err


def test_a_named_file_that_is_not_there_is_an_error(cli: Cli) -> None:
    ran = clean(cli("ls", "--config", "nowhere.toml"))

    assert ran.code == 2
    assert "there is no such file" in ran.err


def test_nothing_is_read_from_the_current_directory(cli: Cli) -> None:
    (cli.home / "fleet.toml").write_text("nonsense", encoding="utf-8")
    (cli.home / ".env").write_text(f"E2B_API_KEY={CANARY}\n", encoding="utf-8")

    ran = clean(cli("config", "show"))

    assert ran.code == 0
    assert '"file": null' in ran.out
    assert "e2b" not in ran.out


@pytest.mark.parametrize("variable", ["FLEET_TUI_CONFIG", "FLEET_TUI_STATE_DIR"])
def test_a_relative_path_in_the_environment_is_refused(cli: Cli, variable: str) -> None:
    ran = clean(cli("ls", env={variable: "here"}))

    assert ran.code == 2
    assert f"{variable} must be an absolute path" in ran.err


def test_a_state_directory_that_others_may_write_is_refused(cli: Cli) -> None:
    cli.state_dir.mkdir(mode=0o700)
    cli.state_dir.chmod(0o777)

    ran = clean(cli("ls"))

    assert ran.code == 2
    assert "others may write to the state directory" in ran.err
    cli.state_dir.chmod(0o700)


BROKEN: dict[str, tuple[Callable[[Path], str], dict[str, str], str]] = {
    "a missing key": (lambda _: "", {}, "the environment variable E2B_API_KEY is not set"),
    "a wrong variable": (
        lambda _: 'api_key = { env = "E2B_APIKEY" }\n',
        {"E2B_API_KEY": CANARY},
        "E2B_APIKEY is not set; did you mean `E2B_API_KEY`?",
    ),
    "an empty key": (lambda _: "", {"E2B_API_KEY": "\n"}, "the environment variable E2B_API_KEY is empty"),
    "a key with a line break": (
        lambda _: "",
        {"E2B_API_KEY": f"{CANARY}\nx"},
        "the environment variable E2B_API_KEY holds a line break",
    ),
    "a key of other letters": (
        lambda _: "",
        {"E2B_API_KEY": f"{CANARY}ü"},
        "the environment variable E2B_API_KEY holds a space or a character that no key has",
    ),
    "a file that others may read": (lambda home: f'api_key = {{ file = "{_key(home)}" }}\n', {}, "chmod 600"),
    "a command that fails": (
        lambda _: f'api_key = {{ command = ["sh", "-c", "echo {CANARY}; exit 7"] }}\n',
        {},
        "its command ended with 7",
    ),
}


def _key(home: Path) -> Path:
    path = home / "key"
    path.write_text(CANARY, encoding="utf-8")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("case", BROKEN)
def test_a_key_that_cannot_be_read_refuses_its_source_and_no_other(cli: Cli, case: str) -> None:
    make, env, words = BROKEN[case]
    cli.write(LOCAL + E2B + make(cli.home))
    cli.env |= env

    ran = clean(cli("ls"))

    assert ran.code == 1
    assert words in ran.err
    assert "e2b-us" in ran.err
    assert "here" not in ran.err
    shown = clean(cli("config", "show"))
    assert shown.code == 1
    assert words in shown.err
    for file in cli.state_dir.iterdir():
        assert not file.is_file() or CANARY.encode() not in file.read_bytes()
