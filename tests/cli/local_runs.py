"""Agents that a test starts by command, and what is known of them."""

import json
from pathlib import Path

from tests.support.command import Cli
from tests.support.wait import eventually


def begin(cli: Cli, name: str, *words: str) -> str:
    """Start an agent that goes on; give its run's id."""
    ran = cli("run", "--name", name, *words, "--", "sh", "-c", "echo begun; exec sleep 1000")
    assert ran.code == 0, ran.err
    return ran.out.strip()


def phase(cli: Cli, run_id: str) -> str | None:
    rows = cli("ls", "--resources", f"id:{run_id}", "--json").rows()
    return rows[0]["phase"] if rows else None


def seen(cli: Cli, *run_ids: str) -> None:
    """Wait until the collector has read these runs."""
    eventually(lambda: all(phase(cli, run_id) == "running" for run_id in run_ids), what="the runs in ls")


def alive(cli: Cli, run_id: str) -> bool:
    facts = json.loads((cli.state_dir / "runs" / run_id / "started").read_text(encoding="utf-8"))
    return Path(f"/proc/{facts['child']['pid']}").exists()
