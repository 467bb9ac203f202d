"""The collector's log: JSON lines in one rotated file, freed of secrets and of control characters on the way in."""

import json
import logging
import traceback
from collections.abc import Collection
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from typing_extensions import override

from fleet_tui.config.redact import redact
from fleet_tui.config.secret import Secret

FILE: Final = "collector.log"
FILE_BYTES: Final = 5_000_000
FILES: Final = 3
_QUIET: Final = ("httpx", "httpcore", "stripe", "asyncio", "sqlalchemy", "e2b", "urllib3", "aiohttp", "opentelemetry")


class JsonLines(logging.Formatter):
    """One record a line. ASCII only, so that no text of a vendor can forge a second line or drive a terminal."""

    def __init__(self, secrets: Collection[Secret]) -> None:
        super().__init__()
        self.secrets = secrets

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "from": record.name,
            "text": redact(record.getMessage(), self.secrets),
        }
        if record.exc_info and record.exc_info[1] is not None:
            # Frames without locals: those hold keys.
            frames = traceback.format_exception(record.exc_info[1], limit=-12)
            line["trace"] = redact("".join(frames), self.secrets)
        return json.dumps(line, ensure_ascii=True)


def log_into(state_dir: Path, secrets: Collection[Secret]) -> JsonLines:
    """Send every logger's records to the file; give the formatter, whose secrets may be replaced later."""
    handler = RotatingFileHandler(state_dir / FILE, maxBytes=FILE_BYTES, backupCount=FILES, encoding="ascii")
    formatter = JsonLines(secrets)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for other in tuple(root.handlers):
        root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return formatter
