"""Runs `python -m fleet_tui` as an operator does, from an empty environment, in directories of its own."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fleet_tui.store.lock import collector_holder
from tests.support.wait import eventually

TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def rows(self) -> list[dict[str, Any]]:
        """What `--json` printed."""
        rows: list[dict[str, Any]] = json.loads(self.out)
        return rows


@dataclass(slots=True)
class Cli:
    """One operator: a home, a state directory, an environment, and the commands they give."""

    home: Path
    env: dict[str, str] = field(default_factory=dict[str, str])
    state: Path | None = None
    """None: a directory of its own in the home."""

    @property
    def config(self) -> Path:
        return self.home / "config" / "fleet.toml"

    @property
    def state_dir(self) -> Path:
        return self.state or self.home / "state"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
        return {
            **kept,
            "HOME": str(self.home),
            "PATH": os.environ["PATH"],
            "FLEET_TUI_STATE_DIR": str(self.state_dir),
            **self.env,
            **(more or {}),
        }

    def write(self, text: str, mode: int = 0o600) -> Path:
        """Write fleet.toml, and name it from now on."""
        self.config.parent.mkdir(parents=True, exist_ok=True)
        self.config.write_text(text, encoding="utf-8")
        self.config.chmod(mode)
        self.env["FLEET_TUI_CONFIG"] = str(self.config)
        return self.config

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "fleet_tui", *words]

    def __call__(self, *words: str, env: Mapping[str, str] | None = None, stdin: str = "") -> Ran:
        """Run without a terminal."""
        ran = subprocess.run(
            self.argv(*words),
            env=self.environment(env),
            cwd=self.home,
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def at_terminal(self, *words: str, prompt: str, typed: str) -> Ran:
        """Run on a terminal and type `typed` when `prompt` is there; both streams come as one, in `err`."""
        master, slave = pty.openpty()
        child = subprocess.Popen(
            self.argv(*words), env=self.environment(), cwd=self.home, stdin=slave, stdout=slave, stderr=slave
        )
        os.close(slave)
        seen = b""
        answered = False
        deadline = time.monotonic() + TIMEOUT_S
        try:
            while time.monotonic() < deadline:
                ready, _, _ = select.select([master], [], [], 0.1)
                try:
                    piece = os.read(master, 65536) if ready else b""
                except OSError:
                    break
                if ready and not piece:
                    break
                seen += piece
                if not answered and prompt.encode() in seen:
                    answered = True
                    os.write(master, typed.encode())
        finally:
            os.close(master)
        return Ran(child.wait(TIMEOUT_S), "", seen.decode("utf-8", "replace"))

    def end(self) -> None:
        """Leave nothing behind: no collector, and no agent that `run` started."""
        holder = collector_holder(self.state_dir) if self.state_dir.exists() else None
        if holder is not None and holder.pid:
            _kill(holder.pid, signal.SIGTERM)
            eventually(lambda: collector_holder(self.state_dir) is None, what="the collector's end")
        for started in (self.state_dir / "runs").glob("*/started"):
            facts = json.loads(started.read_text(encoding="utf-8"))
            for who in ("child", "runner"):
                _kill(facts[who]["pid"], signal.SIGKILL)


def _kill(pid: int, what: signal.Signals) -> None:
    try:
        if Path(f"/proc/{pid}/cmdline").exists() or sys.platform != "linux":
            os.kill(pid, what)
    except ProcessLookupError:
        return
