"""What `config` writes and prints: a first fleet.toml, the configuration in force without secrets, the JSON schema."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.notify import NotifySettings
from fleet_tui.config.provider import Provider
from fleet_tui.config.rates import RatesFile
from fleet_tui.config.redact import redact
from fleet_tui.config.retention import keeping_words
from fleet_tui.config.secrets import variable_text
from fleet_tui.config.settings import Config, ConsoleSettings, FleetSettings
from fleet_tui.config.source import SecretRef, SourceSettings

_HEAD = """\
# fleet-tui: which accounts are watched, and what may be done with them. No key is ever written here.
# `fleet-tui config schema` prints every key that this file may hold; an unknown one is refused.

[fleet]
name = "fleet"              # shown in the header; in production it is what you type to confirm
access = "guarded"          # "read-only" refuses every act, for everybody
production = false          # true: a verb asks for the fleet's name
join = "team"               # one agent id is one agent within a team; "anywhere": in the whole fleet

[console]
# theme = "nord"            # or one of your own: themes/NAME.toml beside this file; without it what fits the terminal
mouse = true                # false: the terminal keeps the mouse, to select text with
header = true               # false: hides the two lines on top; ctrl-e does so for a while

# Who is told when something needs a person (`fleet-tui attention`); take the marks away to be told.
# [[notify]]
# name = "ops"
# url = { env = "OPS_WEBHOOK" }   # https address, or any that apprise knows; one with a secret is never written here
# shape = "ntfy"                  # what is posted to an https address: "json", "ntfy" or "slack"
# severity = "high"               # this and worse: "crit", "high", "med", "low"
# filter = "team:ci"              # only what it lets through
# quiet = "22:00-07:00"           # UTC: only crit then, the rest afterwards
# [[notify]]
# name = "here"
# terminal = "bell"               # the console's own terminal: "bell", "osc9" or "osc777"

# Where a key is: { env = "NAME" }, { file = "/path" }, { command = ["pass", "e2b"] } or { keyring = "service/user" }.
"""


def first_file(providers: Iterable[Provider], env: Mapping[str, str]) -> str:
    """A commented fleet.toml: what was found is a source, what was not is an example behind `#`."""
    found: list[str] = []
    absent: list[str] = []
    for provider in sorted(providers, key=lambda one: (bool(one.usual_env), one.name)):
        here = all(env.get(variable) for variable in provider.usual_env.values())
        ready = here and provider.automatic
        lines = list(_source_lines(provider, env))
        if ready:
            found.append("\n".join(lines))
        elif here:
            note = f"# {', '.join(provider.usual_env.values())} is set: take the marks away to watch it."
            absent.append("\n".join([note, *(f"# {line}" for line in lines)]))
        else:
            absent.append("\n".join(f"# {line}" for line in lines))
    return "\n\n".join([_HEAD.rstrip(), *found, *absent]) + "\n"


def _source_lines(provider: Provider, env: Mapping[str, str]) -> Iterator[str]:
    yield "[[source]]"
    yield f'name = "{provider.name}"'
    yield f'provider = "{provider.name}"'
    for field in provider.secrets:
        variable = provider.usual_env.get(field, f"{provider.name.upper().replace('-', '_')}_{field.upper()}")
        yield f'{field} = {{ env = "{variable}" }}'
    for field, variable in provider.usual_env.items():
        if field not in provider.secrets:
            yield f"{field} = {msgspec.json.encode(redact(env.get(variable, ''))).decode()}"


def write_first_file(path: Path, text: str) -> None:
    """Write it, 0600, never over another. Raises ConfigError."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise ConfigError("is there already and stays as it is", path=path) from None
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=path) from error
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        file.write(text)


def shown(config: Config, state_dir: Path) -> dict[str, Any]:
    """The configuration in force, for reading: references instead of secrets, and what is refused with its sentence."""
    refused = {one.settings.name: one.sentence for one in config.refused}
    providers = config.kinds_of()
    return {
        "file": None if config.path is None else str(config.path),
        "state_dir": str(state_dir),
        "fleet": msgspec.to_builtins(config.fleet),
        "console": msgspec.to_builtins(config.console),
        "sources": [
            {
                **_plain(settings),
                "layer": providers[name].layer.value,
                "state": "refused" if name in refused else "ready",
                "reason": refused.get(name),
            }
            for name, settings in config.settings.items()
        ],
        "notify": [
            {**_plain(one.settings), "state": "refused" if one.refused else "ready", "reason": one.refused or None}
            for one in config.notify
        ],
        "found": [{"provider": one.provider.name, "variable": one.variable} for one in config.found],
    }


def _plain(settings: SourceSettings | NotifySettings) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for field in msgspec.structs.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, SecretRef):
            plain[field.name] = _where(value)
        elif value not in (None, (), ""):
            plain[field.name] = msgspec.to_builtins(value)
    return plain


def _where(ref: SecretRef) -> str:
    if ref.env is not None:
        return variable_text(ref.env)
    if ref.file is not None:
        return f"the file {redact(ref.file)}"
    if ref.command is not None:
        return "a command"
    return "the keyring"


def schema(providers: Iterable[Provider]) -> dict[str, Any]:
    """JSON schema (2020-12) of fleet.toml for the installed providers."""
    types: list[type[msgspec.Struct]] = [FleetSettings, ConsoleSettings, NotifySettings, RatesFile]
    listed = sorted(providers, key=lambda one: one.name)
    types += [one.settings for one in listed]
    parts, components = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    sources = [
        {"if": {"properties": {"provider": {"const": one.name}}, "required": ["provider"]}, "then": part}
        for one, part in zip(listed, parts[4:], strict=True)
    ]
    names = {"type": "object", "properties": {"provider": {"enum": [one.name for one in listed]}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "fleet.toml",
        "$comment": keeping_words(),
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "fleet": parts[0],
            "console": parts[1],
            "notify": {"type": "array", "items": parts[2]},
            "source": {"type": "array", "items": {**names, "required": ["name", "provider"], "allOf": sources}},
        },
        "$defs": components,
    }
