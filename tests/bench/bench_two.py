"""Two consoles over one store: how long until the one knows what the other did, through the store's own wake-up.

python -m tests.bench.bench_two [--rounds 20]
"""

import argparse
import asyncio
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from fleet_tui.domain.assignment import AssignmentField, Overlay
from fleet_tui.views.model import FleetModel
from tests.bench.report import figure, heading
from tests.support.facts import NOW
from tests.support.shared_fleet import shared_fleet

MS = 1000.0


async def run(state_dir: Path, rounds: int) -> list[float]:
    took: list[float] = []
    async with shared_fleet(state_dir) as pair:
        for number in range(rounds):
            owner = f"owner-{number}"

            def knows(model: FleetModel, owner: str = owner) -> bool:
                return model.agents["agent-0"].assignment.owner == owner

            overlay = Overlay(subject="agent-0", field=AssignmentField.OWNER, value=owner, set_by="kim")
            pair.one.session.intents.overlay([overlay], now=NOW, host="h", why="")
            took.append(await pair.until_other(knows, owner))
    return took


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        took = asyncio.run(run(Path(folder) / "state", options.rounds))
    heading(f"two consoles, one store: {len(took)} words of the one until the other has them")
    figure("median", statistics.median(took) * MS, "ms", at_most=200.0)
    figure("longest", max(took) * MS, "ms", at_most=1000.0)


if __name__ == "__main__":
    main()
