"""How a message leaves: posted to an http address by us, or handed to apprise. Blocks: called in a thread."""

import json
import logging
from importlib import import_module
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from typing_extensions import override

from fleet_tui.config.check import is_loopback
from fleet_tui.config.notify import LoadedChannel, Shape
from fleet_tui.config.secret import Secret
from fleet_tui.domain.attention import Severity
from fleet_tui.notify.message import Message, body

TIMEOUT_S: Final = 10.0
_FIRST_BAD: Final = 300
_QUIET: Final = ("apprise", "urllib3", "requests")
"""Loggers that would write addresses, and with them secrets."""


class NotSentError(Exception):
    """A message did not get through; the sentence holds no part of an address."""


class Sender(Protocol):
    """Where one channel's messages go."""

    def send(self, said: Message) -> None:
        """Raises NotSentError."""
        ...


class HttpSender(Sender):
    """Posts JSON to one address; a redirect is not followed."""

    def __init__(self, url: Secret, shape: Shape) -> None:
        self._url: Secret = url
        self._shape: Shape = shape

    @override
    def send(self, said: Message) -> None:
        import httpx  # noqa: PLC0415 - in the thread that needs it

        address, topic = self._target()
        try:
            # The status is all that matters: what else it says, for however long, is not read.
            with httpx.stream(
                "POST",
                address,
                content=json.dumps(body(said, self._shape, topic)).encode(),
                headers={"Content-Type": "application/json"},
                timeout=TIMEOUT_S,
                follow_redirects=False,
                trust_env=not is_loopback(urlsplit(address).hostname or ""),
            ) as answer:
                status = answer.status_code
        except httpx.TimeoutException:
            raise NotSentError(f"no answer within {TIMEOUT_S:.0f} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            raise NotSentError(f"it cannot be reached ({type(error).__name__})") from None
        if status >= _FIRST_BAD:
            raise NotSentError(f"it answered HTTP {status}")

    def _target(self) -> tuple[str, str]:
        """ntfy takes JSON at its root only, and the topic, the last part of the path, in it."""
        url = self._url.reveal()
        if self._shape is not Shape.NTFY:
            return url, ""
        parts = urlsplit(url)
        root, _, topic = parts.path.rstrip("/").rpartition("/")
        return urlunsplit(parts._replace(path=f"{root}/")), topic


class AppriseSender(Sender):
    """Whatever else apprise knows. It is imported at the first message: it is heavy."""

    def __init__(self, url: Secret) -> None:
        self._url: Secret = url

    @override
    def send(self, said: Message) -> None:
        for name in _QUIET:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        apprise: Any = import_module("apprise")
        asset = apprise.AppriseAsset(app_id="fleet-tui", app_desc="fleet-tui", async_mode=False, plugin_paths=[])
        told: Any = apprise.Apprise(asset=asset)
        if not told.add(self._url.reveal()):
            raise NotSentError("apprise does not know such an address")
        worst = said.severity in {Severity.CRIT, Severity.HIGH}
        kind = apprise.NotifyType.FAILURE if worst else apprise.NotifyType.WARNING
        text = apprise.NotifyFormat.TEXT
        if not told.notify(body="\n".join(said.lines), title=said.title, notify_type=kind, body_format=text):
            raise NotSentError("apprise could not deliver it")


def sender(channel: LoadedChannel) -> Sender | None:
    """How this channel is told; None where that is the console's own business, or it cannot be used."""
    if channel.url is None:
        return None
    scheme = urlsplit(channel.url.reveal()).scheme
    if scheme in {"http", "https"}:
        return HttpSender(channel.url, channel.settings.shape)
    return AppriseSender(channel.url)
