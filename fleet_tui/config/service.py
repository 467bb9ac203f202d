"""Writes what lets a collector run for ever: a systemd user unit, or a launchd plist; the operator switches it on."""

import plistlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.paths import Paths

_NAME: Final = "fleet-tui-collector"
_LABEL: Final = "org.fleet-tui.collector"


@dataclass(frozen=True, slots=True)
class Service:
    """A file to write, and the words that switch it on."""

    path: Path
    text: str
    switch_on: str


def service(paths: Paths, env: Mapping[str, str], platform: str = sys.platform) -> Service:
    """The service of this installation for this configuration and state directory."""
    words = [sys.executable, "-P", "-m", "fleet_tui", "collect", "--state-dir", str(paths.state_dir)]
    if paths.present is not None:
        words += ["--config", str(paths.config_file)]
    if platform == "darwin":
        path = Path.home() / "Library" / "LaunchAgents" / f"{_LABEL}.plist"
        return Service(path, _plist(words), f"launchctl load -w {path}")
    config_home = Path(env.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Service(
        config_home / "systemd" / "user" / f"{_NAME}.service",
        _unit(words),
        f"systemctl --user daemon-reload && systemctl --user enable --now {_NAME}",
    )


def _unit(words: list[str]) -> str:
    command = " ".join(_quoted(word) for word in words)
    return f"""\
# Keys named by {{ env = ... }} are not seen here: use {{ file = ... }} or {{ command = ... }} in fleet.toml.
[Unit]
Description=fleet-tui collector

[Service]
ExecStart={command}
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=10
RestartPreventExitStatus=2 3
UMask=0077
NoNewPrivileges=yes
KillMode=process

[Install]
WantedBy=default.target
"""


def _quoted(word: str) -> str:
    """As systemd.syntax(7) reads one word: specifiers and quotes stand for themselves."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _plist(words: list[str]) -> str:
    facts = {"Label": _LABEL, "ProgramArguments": words, "RunAtLoad": True, "KeepAlive": {"SuccessfulExit": False}}
    return plistlib.dumps(facts).decode()


def write_service(made: Service) -> None:
    """Write it, and never over one that says something else. Raises ConfigError."""
    try:
        if made.path.exists() and made.path.read_text(encoding="utf-8") != made.text:
            raise ConfigError("is there already and says something else; take it away first", path=made.path)
        made.path.parent.mkdir(parents=True, exist_ok=True)
        made.path.write_text(made.text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", path=made.path) from error
