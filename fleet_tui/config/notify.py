"""The `[[notify]]` tables of fleet.toml: who is told of what, and when not. No secret is written there."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

import msgspec

from fleet_tui.config.check import is_loopback, wrong_name
from fleet_tui.config.errors import SecretUnreadableError
from fleet_tui.config.files import Document
from fleet_tui.config.secret import Secret
from fleet_tui.config.secrets import misused, read_secret
from fleet_tui.config.source import SecretRef
from fleet_tui.config.strict import settings_from
from fleet_tui.domain.attention import Severity
from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.filter import Filter, FilterError, parse_to_look, split
from fleet_tui.domain.notice import Quiet

OPEN_SCHEMES: Final = frozenset({"dbus", "gnome", "kde", "macosx", "windows", "glib", "qt", "syslog"})
"""Schemes of channels on this machine: their addresses hold no secret."""
_HTTP: Final = frozenset({"http", "https"})
_PLAIN: Final = frozenset({"json", "xml", "form", "ntfy"})
"""Schemes of others that speak plain http."""
_QUIET: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_LITERAL = (
    'an address may hold a secret, so it is kept elsewhere: say where, for example { env = "OPS_WEBHOOK" }; only '
    "addresses of this machine may be written here"
)


class Shape(StrEnum):
    """What is posted to an http address."""

    JSON = "json"
    NTFY = "ntfy"
    SLACK = "slack"


class Terminal(StrEnum):
    """How a console tells its own terminal."""

    BELL = "bell"
    OSC9 = "osc9"
    OSC777 = "osc777"


class NotifySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[notify]]`: exactly one of `url` and `terminal`."""

    name: str
    url: str | SecretRef | None = None
    """Where the address is: http(s), or any that apprise knows."""
    shape: Shape = Shape.JSON
    terminal: Terminal | None = None
    severity: Severity = Severity.HIGH
    """This and worse is told."""
    filter: str = ""
    """Only what this filter lets through."""
    quiet: str = ""
    """Hours, UTC, like 22:00-07:00: only crit is told then, the rest afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedChannel:
    """A checked channel. `url` is None for a terminal's, and where nobody asked for secrets."""

    settings: NotifySettings
    chosen: Filter
    quiet: Quiet | None
    url: Secret | None = None
    refused: str = ""
    """Why it cannot be used now; the others are not stopped by it."""

    @property
    def name(self) -> str:
        return self.settings.name


def load_channels(
    document: Document, *, env: Mapping[str, str], beside: Path | None, secrets: bool
) -> tuple[LoadedChannel, ...]:
    """The channels of a file. Raises ConfigError; an address that cannot be read only refuses its own channel."""
    tables: object = document.tree.get("notify", [])
    if not isinstance(tables, list):
        raise document.error("a channel is written [[notify]], with two brackets", ("notify",))
    named = [_checked(document, index) for index in range(len(cast("list[object]", tables)))]
    seen: dict[str, int] = {}
    for index, one in enumerate(named):
        if one.name in seen:
            raise document.error(
                f"two channels have the name `{one.name}` (the other is notify {seen[one.name] + 1})",
                ("notify", index, "name"),
            )
        seen[one.name] = index
    return tuple(_with_address(one, env, beside) for one in named) if secrets else tuple(named)


def _checked(document: Document, index: int) -> LoadedChannel:
    at = ("notify", index)
    tree: Any = document.tree["notify"][index]
    name = cast("dict[str, object]", tree).get("name") if isinstance(tree, dict) else None
    what = f"notify {name}" if isinstance(name, str) and name.isprintable() else f"notify {index + 1}"
    settings = settings_from(document, cast("object", tree), at, NotifySettings, what)
    for key, sentence in (
        ("name", wrong_name(settings.name)),
        ("url", _wrong_place(settings)),
        (
            "quiet",
            "must be hours like 22:00-07:00" if settings.quiet and not _QUIET.fullmatch(settings.quiet) else None,
        ),
    ):
        if sentence:
            where = key if key in tree else "name"
            raise document.error(f"{what}: `{key}` {sentence}", (*at, where))
    try:
        chosen = parse_to_look(split(settings.filter))
    except FilterError as error:
        raise document.error(f"{what}: `filter`: {error}", (*at, "filter")) from None
    return LoadedChannel(settings=settings, chosen=chosen, quiet=_hours(settings.quiet))


def _hours(text: str) -> Quiet | None:
    found = _QUIET.fullmatch(text)
    if found is None:
        return None
    begins_h, begins_m, ends_h, ends_m = (int(group) for group in found.groups())
    return Quiet(begins=time(begins_h, begins_m), ends=time(ends_h, ends_m))


def _wrong_place(settings: NotifySettings) -> str | None:
    url = settings.url
    if (url is None) == (settings.terminal is None):
        return "or `terminal` must be said, and not both"
    if isinstance(url, SecretRef):
        return misused(url)
    if url is None:
        return None
    return wrong_with_channel(url) or (None if _holds_none(url) else _LITERAL)


def _holds_none(url: str) -> bool:
    """Whether an address that is written in the file can hold no secret."""
    parts = urlsplit(url)
    if parts.username is not None or parts.query:
        return False
    return parts.scheme in OPEN_SCHEMES or (parts.scheme in _HTTP | _PLAIN and is_loopback(parts.hostname or ""))


def wrong_with_channel(url: str) -> str | None:
    """Why no message may go to an address; None when it may. No part of the address is in the sentence."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is not an address"
    if not parts.scheme or "://" not in url:
        return "must be an address like https://..., or one that apprise knows"
    if parts.scheme in _HTTP and not host:
        return "names no host"
    if (parts.scheme == "http" or parts.scheme in _PLAIN) and not is_loopback(host):
        return "plain http is refused for any host but this machine: use https"
    return None


def _with_address(one: LoadedChannel, env: Mapping[str, str], beside: Path | None) -> LoadedChannel:
    url = one.settings.url
    if url is None:
        return one
    if isinstance(url, str):
        return replace(one, url=Secret(url))
    try:
        secret = read_secret(url, env=env, beside=beside)
    except SecretUnreadableError as error:
        return replace(one, refused=f"url: {error}")
    if sentence := wrong_with_channel(secret.reveal()):
        return replace(one, refused=f"url: its address {sentence}")
    return replace(one, url=secret)
