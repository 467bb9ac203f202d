"""What a command looks at beside the store before it shows a plan."""

from dataclasses import replace

from fleet_tui.commands.fleet import Fleet
from fleet_tui.commands.local import LOCAL
from fleet_tui.domain.dirt import answered
from fleet_tui.domain.plan import Plan


def looked_for_dirt(fleet: Fleet, plan: Plan) -> Plan:
    """The plan with what lies in the directories of its targets and nowhere else. Takes two seconds at most."""
    if not plan.dirt:
        return plan
    from fleet_tui.providers.local.dirt import LocalDirt

    look = LocalDirt([name for name, provider in fleet.config.kinds_of().items() if provider.name == LOCAL])
    asked = {key for key, _ in plan.dirt}
    found = look([r for r in plan.targets if r.key in asked])
    return replace(plan, dirt=answered(plan.dirt, found))
