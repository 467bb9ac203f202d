"""Reads a credential from where a reference says it is. No error holds the value or a command's words."""

import os
import re
import subprocess
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Final

from fleet_tui.config.errors import SecretUnreadableError
from fleet_tui.config.files import read_regular
from fleet_tui.config.redact import looks_secret
from fleet_tui.config.secret import Secret
from fleet_tui.config.source import SecretRef
from fleet_tui.config.strict import nearest

COMMAND_TIMEOUT_S: Final = 15.0
_SIZE_LIMIT_BYTES: Final = 64 * 1024
_PASSED_ON: Final = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "DBUS_SESSION_BUS_ADDRESS", "SSH_AUTH_SOCK", "GNUPGHOME", "PASSWORD_STORE_DIR",
})  # fmt: skip
"""What a command for a secret sees of the environment: enough for `pass`, `op`, `secret-tool`; no other credential."""

_VARIABLE = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")
_PRINTABLE_VARIABLE = re.compile(r"^(?=.{1,64}$)(?:[A-Z][A-Z0-9]{0,15}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)$")
_LEAST_VISIBLE, _MOST_VISIBLE = "!", "~"


def variable_text(variable: str) -> str:
    """The variable's name for a person, unless it may be a key that was put in the wrong place."""
    if _PRINTABLE_VARIABLE.match(variable) and not looks_secret(variable):
        return f"the environment variable {variable}"
    return "the environment variable it names"


def misused(ref: SecretRef) -> str | None:
    """What is wrong with the reference itself, before anything is looked up; None when nothing is."""
    given = [name for name in ("env", "file", "command", "keyring") if getattr(ref, name) is not None]
    if len(given) != 1:
        return "must say exactly one of env, file, command or keyring"
    if ref.env is not None and (not _VARIABLE.match(ref.env) or looks_secret(ref.env)):
        return "env must be the name of a variable, never the key itself"
    if ref.command is not None and not (ref.command and ref.command[0]):
        return "command must name a program"
    return None


def read_secret(ref: SecretRef, *, env: Mapping[str, str], beside: Path | None) -> Secret:
    """The credential, its trailing newline gone. A relative file is looked for `beside` the configuration.

    Raises SecretUnreadableError with a sentence that names the place.
    """
    if wrong := misused(ref):
        raise SecretUnreadableError(wrong)
    if ref.env is not None:
        where = variable_text(ref.env)
        return _checked(_from_env(ref.env, env), where)
    if ref.file is not None:
        return _checked(_from_file(ref.file, beside), "its file")
    if ref.command is not None:
        return _checked(_from_command(ref.command, env), "the output of its command")
    return _checked(_from_keyring(ref.keyring or ""), "what the keyring holds for it")


def _checked(value: str, where: str) -> Secret:
    value = value.rstrip("\r\n")
    if not value:
        raise SecretUnreadableError(f"{where} is empty")
    if "\n" in value or "\r" in value:
        raise SecretUnreadableError(f"{where} holds a line break inside the key: set it again without one")
    if any(not _LEAST_VISIBLE <= char <= _MOST_VISIBLE for char in value):
        raise SecretUnreadableError(f"{where} holds a space or a character that no key has: set it again")
    return Secret(value)


def _from_env(variable: str, env: Mapping[str, str]) -> str:
    value = env.get(variable)
    if value is None:
        others = [name for name in env if _PRINTABLE_VARIABLE.match(name) and not looks_secret(name)]
        raise SecretUnreadableError(f"{variable_text(variable)} is not set{nearest_variable(variable, others)}")
    return value


def nearest_variable(variable: str, others: list[str]) -> str:
    """A hint only where one word of the names is the same: unlike keys of a table, variables are many."""
    head = variable.partition("_")[0]
    return nearest(variable, [name for name in others if name.startswith(head)])


def _from_file(name: str, beside: Path | None) -> str:
    path = Path(name).expanduser()
    if not path.is_absolute():
        if beside is None:
            raise SecretUnreadableError("its file must be named by an absolute path")
        path = beside / path
    try:
        facts, raw = read_regular(path, _SIZE_LIMIT_BYTES)
    except OSError as error:
        raise SecretUnreadableError(f"its file cannot be read: {error.strerror}") from None
    if facts.st_uid not in {os.getuid(), 0}:
        raise SecretUnreadableError("its file belongs to neither you nor root")
    if facts.st_mode & 0o077:
        raise SecretUnreadableError("its file can be read by others: `chmod 600` it")
    return raw.decode("latin-1")


def _from_command(command: tuple[str, ...], env: Mapping[str, str]) -> str:
    clean = {name: value for name, value in env.items() if name in _PASSED_ON}
    try:
        ended = subprocess.run(
            command,
            env=clean,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SecretUnreadableError(f"its command gave nothing within {COMMAND_TIMEOUT_S:.0f} s") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "a word of it holds a NUL"
        raise SecretUnreadableError(f"its command cannot be started: {reason}") from None
    if ended.returncode != 0:
        raise SecretUnreadableError(f"its command ended with {ended.returncode}: run it yourself to see why")
    return ended.stdout[:_SIZE_LIMIT_BYTES].decode("latin-1")


def _from_keyring(entry: str) -> str:
    service, slash, user = entry.partition("/")
    if not (service and slash and user):
        raise SecretUnreadableError('its keyring entry must be written "service/user"')
    try:
        keyring = import_module("keyring")
    except ImportError:
        raise SecretUnreadableError(
            "the keyring package is not installed: `pip install keyring`, or name it otherwise"
        ) from None
    try:
        value = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - a backend may raise anything
        raise SecretUnreadableError(f"the keyring cannot be asked: {type(error).__name__}") from None
    if value is None:
        raise SecretUnreadableError("the keyring has no such entry")
    return str(value)
