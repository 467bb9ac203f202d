"""Rules of a source that its type cannot say: names, addresses, patterns, sides."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import msgspec

from fleet_tui.config.secrets import misused
from fleet_tui.config.source import SecretRef, SourceSettings

_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
_RULE_FIELDS = ("name", "id")
SIDES = ("cost", "billed")


def wrong_in(settings: SourceSettings) -> tuple[str, str] | None:
    """The first key that breaks a rule, and the sentence; None when all hold. No value is in the sentence."""
    if wrong := wrong_name(settings.name):
        return "name", wrong
    if settings.side is not None and settings.side not in SIDES:
        return "side", 'must be "cost" or "billed"'
    for key, url in _addresses(settings):
        if sentence := wrong_with_address(url):
            return key, sentence
    for key, ref in secret_refs(settings):
        if sentence := misused(ref):
            return key, sentence
    return _wrong_pattern(settings)


def wrong_name(name: str) -> str | None:
    """Why something may not be called so; None when it may."""
    if _NAME.match(name):
        return None
    return "must be letters, digits, `.`, `_` or `-`, at most 64, beginning with a letter or digit"


def _wrong_pattern(settings: SourceSettings) -> tuple[str, str] | None:
    if settings.name_pattern is not None and _compiled(settings.name_pattern) is None:
        return "name_pattern", "is not a regular expression"
    for rule in settings.rules:
        if rule.field not in _RULE_FIELDS and not rule.field.startswith("label."):
            return "rules", "`field` must be name, id or label.KEY"
        pattern = _compiled(rule.match)
        if pattern is None:
            return "rules", "`match` is not a regular expression"
        if _broken_template(pattern, rule.agent):
            return "rules", "`agent` names a group that `match` does not have"
    return None


def _compiled(pattern: str) -> re.Pattern[str] | None:
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _broken_template(pattern: re.Pattern[str], template: str) -> bool:
    used = re.findall(r"\\(?:(\d{1,2})|g<([^>]+)>)", template)
    names = {str(number) for number in range(pattern.groups + 1)} | set(pattern.groupindex)
    return any((number or name) not in names for number, name in used)


def _addresses(settings: SourceSettings) -> Iterator[tuple[str, str]]:
    for field in msgspec.structs.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, str) and (field.name == "url" or field.name.endswith("_url")):
            yield field.name, value


def secret_refs(settings: SourceSettings) -> Iterator[tuple[str, SecretRef]]:
    """The settings' references to credentials, by field."""
    for field in msgspec.structs.fields(settings):
        value = getattr(settings, field.name)
        if isinstance(value, SecretRef):
            yield field.name, value


def wrong_with_address(url: str) -> str | None:
    """Why a base URL is refused; None when it may be used."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is not an address"
    if parts.scheme not in {"http", "https"} or not host:
        return "must begin with https:// and name a host (http:// only for this machine)"
    if parts.username is not None or parts.password is not None:
        return "must not hold a user or a password"
    if parts.query or parts.fragment:
        return "must not hold a query"
    if parts.scheme == "http" and not is_loopback(host):
        return "plain http is refused for any host but this machine: use https"
    return None


def is_loopback(host: str) -> bool:
    """`localhost` or an address of this machine; a name that merely begins so is not."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
