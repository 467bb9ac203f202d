"""A fleet with parents and children of every sort."""

from fleet_tui.domain.delta import FleetDelta
from fleet_tui.domain.phase import Phase
from fleet_tui.domain.resource import Resource
from tests.support.facts import finding, resource, status


def member(name: str, parent: str | None = None, *, phase: Phase = Phase.RUNNING, usd: str = "0.10") -> Resource:
    labels = {"fleet.parent": parent} if parent else {}
    return resource(f"s-{name}", agent=name, parent=parent, team="ci", labels=labels, phase=phase, usd=usd)


def family() -> FleetDelta:
    """Two leads with branches, a run of 22 alike, a circle, a parent nobody sees, lone ones and an orphan."""
    orphan = resource("sbx_9f2c", usd="4.10")
    return FleetDelta(
        store_id="test",
        revision=1,
        whole=True,
        resources=(
            member("ci-lead", usd="0.40"),
            member("ci-sup", "ci-lead"),
            member("ci-fix-07", "ci-sup", phase=Phase.STUCK),
            *(member(f"ci-fix-{number}", "ci-sup") for number in range(10, 32)),
            member("data-lead"),
            member("migr-w-1", "data-lead"),
            member("lost-1", "ghost-lead"),
            member("ring-a", "ring-b"),
            member("ring-b", "ring-a"),
            member("docs-bot"),
            orphan,
        ),
        statuses=(status("e2b"),),
        findings=(finding(orphan.key, usd_per_day="98.40"),),
    )


AGENTS = 32
