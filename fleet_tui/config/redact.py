"""Frees text of credentials before anybody reads it: known values, parts of URLs, what looks like a key."""

import re
from collections.abc import Iterable
from typing import Final

from fleet_tui.config.secret import MASK, Secret

SHORTEST_KNOWN: Final = 6
"""A shorter value would mask ordinary words."""

_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9_\-]{4,}"
    r"|(?:sk|rk|pk)[-_](?=[A-Za-z0-9_\-]*\d)[A-Za-z0-9_\-]{8,}"
    r"|(?:e2b|dtn|m0|m0sk|whsec|am|bb|lsv2|ghp|gho|ghs|ghu|glpat|npm|hf)_[A-Za-z0-9_\-]{12,}"
    r"|(?:m0|glpat|xox[abprs])-[A-Za-z0-9\-]{12,}"
    r"|(?:ak|as|wk|ws)-[A-Za-z0-9]{20,}"
    r"|github_pat_[A-Za-z0-9_]{16,}"
    r"|AKIA[A-Z0-9]{16}"
    r"|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]*"
    r")"
)
_HEADER = re.compile(r"(?i)\b(bearer|token|basic|api-key)(\s+)[A-Za-z0-9._~+/=\-]{8,}")
_FIELD = re.compile(
    r"(?i)([\"']?\b[a-z0-9_\-]*(?:api[_\-]?key|secret|token|password|passwd|authorization|cookie|signature)\b[\"']?\s*[:=]\s*)"
    r"(\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s,;&}\])]+)"
)
_USERINFO = re.compile(r"(?i)\b([a-z][a-z0-9+.\-]*://)[^\s/?#@]+@")
_QUERY = re.compile(r"(?i)\b([a-z][a-z0-9+.\-]*://[^\s?#\"']+\?)([^\s#\"']+)")
_QUERY_VALUE = re.compile(r"=([^&]*)")


def redact(text: str, known: Iterable[Secret] = ()) -> str:
    """The text with every known secret and everything that looks like one replaced by `***`. Never raises."""
    for secret in known:
        value = secret.reveal()
        if len(value) >= SHORTEST_KNOWN:
            text = text.replace(value, MASK)
    text = _USERINFO.sub(rf"\1{MASK}@", text)
    text = _QUERY.sub(_masked_query, text)
    text = _HEADER.sub(rf"\1\2{MASK}", text)
    text = _PREFIXED.sub(MASK, text)
    return _FIELD.sub(_masked_field, text)


def looks_secret(text: str) -> bool:
    """Whether a text is, or holds, something written like a vendor's key."""
    return _PREFIXED.search(text) is not None or _USERINFO.search(text) is not None or _HEADER.search(text) is not None


def _masked_query(found: re.Match[str]) -> str:
    return found.group(1) + _QUERY_VALUE.sub(f"={MASK}", found.group(2))


def _masked_field(found: re.Match[str]) -> str:
    value = found.group(2)
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found.group(1)}{quote}{MASK}{quote}"
