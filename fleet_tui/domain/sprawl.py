"""What should not exist: rules as data, and findings that say why, since when and what it costs a day."""

from datetime import datetime
from enum import StrEnum

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.domain.identity import ResourceKey


class RuleName(StrEnum):
    ORPHAN = "orphan"
    IDLE = "idle"
    NO_END = "no-end"
    UNLABELLED = "unlabelled"
    PAUSED_LONG = "paused-long"
    MEMORY_WITHOUT_AGENT = "memory-without-agent"
    DUPLICATE_TASK = "duplicate-task"


@dataclass(frozen=True, slots=True, kw_only=True)
class SprawlRule:
    """`grace_s` counts watched time; `readings` are complete, healthy ones in a row."""

    name: RuleName
    title: str
    means: str
    proposal: str
    grace_s: float
    readings: int = 3


RULES: dict[RuleName, SprawlRule] = {
    rule.name: rule
    for rule in (
        SprawlRule(
            name=RuleName.ORPHAN,
            title="orphan: nobody claims it",
            means="no agent, owner or task answers for it",
            proposal="claim it, or kill it",
            grace_s=30 * 60,
        ),
        SprawlRule(
            name=RuleName.IDLE,
            title="idle over 60 min",
            means="billed; no work for 60 watched minutes",
            proposal="pause",
            grace_s=60 * 60,
        ),
        SprawlRule(
            name=RuleName.NO_END,
            title="no timeout or auto-stop",
            means="runs for ever if its maker dies",
            proposal="give it an end",
            grace_s=0,
        ),
        SprawlRule(
            name=RuleName.UNLABELLED,
            title="no team",
            means="its money lands in (unallocated)",
            proposal="reassign it to a team",
            grace_s=30 * 60,
        ),
        SprawlRule(
            name=RuleName.PAUSED_LONG,
            title="paused over 7 days",
            means="disk or snapshot may still be billed",
            proposal="look, then kill",
            grace_s=7 * 24 * 3600,
        ),
        SprawlRule(
            name=RuleName.MEMORY_WITHOUT_AGENT,
            title="memory scope without an agent",
            means="nothing alive carries its agent id",
            proposal="export, then look",
            grace_s=30 * 60,
        ),
        SprawlRule(
            name=RuleName.DUPLICATE_TASK,
            title="duplicate task",
            means="two agents run one task",
            proposal="keep the newest",
            grace_s=5 * 60,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`microusd_per_day` None: nobody knows what it costs."""

    rule: RuleName
    subject: ResourceKey
    since: datetime
    evidence: str
    microusd_per_day: int | None
