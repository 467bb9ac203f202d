"""Vendors' worlds for acceptance tests: a few agents that stay as they are unless somebody acts on them."""

from datetime import timedelta

from fleet_tui import clock
from fleet_tui.emulator.daytona import DaytonaEmulator
from fleet_tui.emulator.e2b import E2BEmulator
from fleet_tui.emulator.mem0_platform import Mem0Platform
from fleet_tui.emulator.mem0_server import Mem0Server
from fleet_tui.emulator.stripe import StripeEmulator
from fleet_tui.emulator.world import AgentCli, Behaviour, Placement, SeedAgent, Vendor


def agent(name: str, *vendors: Vendor, team: str = "ci", task: str = "fix the build", count: int = 1) -> SeedAgent:
    """An agent with `count` resources at each of the vendors, made an hour ago; nothing of it ends by itself."""
    return SeedAgent(
        id=name,
        cli=AgentCli.CLAUDE,
        owner="mira",
        team=team,
        task=task,
        parent=None,
        placements=tuple(Placement(vendor=vendor, count=count) for vendor in vendors),
        born_at=clock.now() - timedelta(hours=1),
        behaviour=Behaviour.LEAKS,
        region="us",
        spend_microusd_per_h=100_000,
    )


def e2b_with(*agents: SeedAgent) -> E2BEmulator:
    """E2B with the sandboxes of these agents."""
    emulator = E2BEmulator(clock=clock.now)
    emulator.fill(agents)
    return emulator


def daytona_with(*agents: SeedAgent) -> DaytonaEmulator:
    """Daytona with the sandboxes of these agents."""
    emulator = DaytonaEmulator(clock=clock.now)
    emulator.fill(agents)
    return emulator


def mem0_with(*agents: SeedAgent) -> Mem0Platform:
    """The hosted Mem0 with the memory scopes of these agents."""
    emulator = Mem0Platform(clock=clock.now)
    emulator.fill(agents)
    return emulator


def mem0_server_with(*agents: SeedAgent) -> Mem0Server:
    """A self-hosted Mem0 with the memory scopes of these agents."""
    emulator = Mem0Server(clock=clock.now)
    emulator.fill(agents)
    return emulator


def stripe_with(*agents: SeedAgent) -> StripeEmulator:
    """A Stripe account in which these agents work for a customer each, and one customer is of nobody's."""
    emulator = StripeEmulator(clock=clock.now)
    emulator.plain_customers = 1
    emulator.fill(agents)
    return emulator
