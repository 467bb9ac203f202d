"""The collector's log: one record a line whatever stands in it, no secret, no control character."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_tui.config.secret import Secret
from fleet_tui.engine.collector_log import FILE, log_into

KEY = "e2b_abcdef0123456789abcdef0123456789"


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, given back as it was."""
    logger = logging.getLogger()
    handlers, level = list(logger.handlers), logger.level
    yield logger
    for handler in set(logger.handlers) - set(handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.handlers[:] = handlers
    logger.setLevel(level)


def lines(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / FILE).read_bytes().splitlines()]


def test_hostile_text_stays_one_record_of_plain_characters(tmp_path: Path, root: logging.Logger) -> None:
    log_into(tmp_path, ())
    root.info('x\r\n{"level": "error"}\x1b]52;c;cm0gLXJm\x07 \u202e \u2028 \ud800')
    assert len(lines(tmp_path)) == 1
    assert (tmp_path / FILE).read_bytes().isascii()
    assert b"\x1b" not in (tmp_path / FILE).read_bytes()


def test_no_secret_is_written_known_or_not_in_text_or_trace(tmp_path: Path, root: logging.Logger) -> None:
    formatter = log_into(tmp_path, [Secret("hunter2hunter2")])
    error = ValueError(f"key {KEY} of hunter2hunter2 at https://me:pass@host/x?token=abcdef")
    root.error("with %s", KEY, exc_info=error)
    formatter.secrets = [Secret("another-word")]
    root.warning("now another-word counts")
    kept = (tmp_path / FILE).read_text()
    assert "ValueError" in kept
    for secret in (KEY, "hunter2hunter2", "me:pass", "abcdef", "another-word"):
        assert secret not in kept


def test_chatty_libraries_are_quiet(tmp_path: Path, root: logging.Logger) -> None:
    log_into(tmp_path, ())
    logging.getLogger("httpx").info("HTTP Request: GET http://127.0.0.1/?key=1")
    assert lines(tmp_path) == []
