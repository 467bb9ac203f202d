"""A credential comes from where the reference says, or a sentence names the place and never the value."""

import copy
import json
import pickle
from pathlib import Path

import pytest

from fleet_tui.config.errors import SecretUnreadableError
from fleet_tui.config.secret import MASK, Secret
from fleet_tui.config.secrets import read_secret
from fleet_tui.config.source import SecretRef

CANARY = "c4n4ry-7f3e9a51d2"


def read(ref: SecretRef, env: dict[str, str] | None = None, beside: Path | None = None) -> str:
    return read_secret(ref, env=env or {}, beside=beside).reveal()


def secret_file(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_a_trailing_newline_is_no_part_of_a_key(ending: str) -> None:
    assert read(SecretRef(env="K"), {"K": CANARY + ending}) == CANARY


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "is empty"),
        ("\n", "is empty"),
        (f"{CANARY}\n{CANARY}", "line break inside the key"),
        (f"{CANARY}\rx", "line break inside the key"),
        (f"{CANARY} x", "a space or a character that no key has"),
        (f" {CANARY}", "a space or a character that no key has"),
        (f"{CANARY}ü", "a space or a character that no key has"),
        (f"{CANARY}\x00", "a space or a character that no key has"),
        (f"{CANARY}\u200b", "a space or a character that no key has"),
    ],
)
def test_a_broken_key_names_its_variable_and_not_its_value(value: str, words: str) -> None:
    with pytest.raises(SecretUnreadableError, match=words) as raised:
        read(SecretRef(env="CLOUD_API_KEY"), {"CLOUD_API_KEY": value})

    assert "the environment variable CLOUD_API_KEY" in str(raised.value)
    assert CANARY not in str(raised.value)


def test_a_wrong_variable_name_is_told_the_one_that_is_set() -> None:
    with pytest.raises(SecretUnreadableError, match="CLOUD_APIKEY is not set; did you mean `CLOUD_API_KEY`"):
        read(SecretRef(env="CLOUD_APIKEY"), {"CLOUD_API_KEY": CANARY})


@pytest.mark.parametrize(
    "pasted", ["sk-1234567890abcdef", "e2b_0123456789abcdef0123", "abcdef0123456789abcdef0123456789"]
)
def test_a_key_pasted_where_its_name_belongs_is_not_repeated(pasted: str) -> None:
    with pytest.raises(SecretUnreadableError) as raised:
        read(SecretRef(env=pasted))

    assert pasted not in str(raised.value)


def test_a_file_gives_its_content_also_beside_the_configuration(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "key", CANARY + "\n")

    assert read(SecretRef(file=str(path))) == CANARY
    assert read(SecretRef(file="key"), beside=tmp_path) == CANARY


def test_a_relative_file_is_never_looked_for_in_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret_file(tmp_path / "key", CANARY)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SecretUnreadableError, match="absolute path"):
        read(SecretRef(file="key"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = secret_file(tmp_path / "key", CANARY, mode)

    with pytest.raises(SecretUnreadableError, match="chmod 600"):
        read(SecretRef(file=str(path)))


def test_an_absent_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SecretUnreadableError, match="No such file"):
        read(SecretRef(file=str(tmp_path / "none")))
    with pytest.raises(SecretUnreadableError, match="not a regular file"):
        read(SecretRef(file=str(tmp_path)))


def test_a_command_gives_its_output_and_sees_no_other_credential() -> None:
    env = {"PATH": "/usr/bin:/bin", "OTHER_API_KEY": CANARY}

    assert read(SecretRef(command=("sh", "-c", "echo key-${OTHER_API_KEY:-clean}")), env) == "key-clean"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("sh", "-c", f"echo {CANARY} >&2; exit 3"), "ended with 3"),
        (("/nowhere/at-all", CANARY), "cannot be started"),
        (("sh", "-c", "true", CANARY), "is empty"),
    ],
)
def test_a_failing_command_is_told_without_its_words(command: tuple[str, ...], words: str) -> None:
    with pytest.raises(SecretUnreadableError, match=words) as raised:
        read(SecretRef(command=command), {"PATH": "/usr/bin:/bin"})

    assert CANARY not in str(raised.value)


def test_a_command_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fleet_tui.config.secrets.COMMAND_TIMEOUT_S", 0.2)

    with pytest.raises(SecretUnreadableError, match="gave nothing within"):
        read(SecretRef(command=("sleep", "60")), {"PATH": "/usr/bin:/bin"})


def test_a_keyring_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)

    with pytest.raises(SecretUnreadableError, match="pip install keyring"):
        read(SecretRef(keyring="fleet/e2b"))


def test_a_keyring_entry_is_service_and_user() -> None:
    with pytest.raises(SecretUnreadableError, match='"service/user"'):
        read(SecretRef(keyring="fleet"))


def test_a_secret_is_masked_however_it_is_printed() -> None:
    secret = Secret(CANARY)

    assert {repr(secret), str(secret), f"{secret}", "%s" % (secret,), format(secret, "")} == {MASK}  # noqa: UP031
    assert f"{secret:>5}" == "  ***"
    for spell in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError):
            spell(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
