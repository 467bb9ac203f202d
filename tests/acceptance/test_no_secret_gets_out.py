"""Every key and every secret of a vendor is a canary of its own; whatever happens, none is found outside its place."""

import secrets
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from fleet_tui.emulator.base import Emulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.mem0_platform import Mem0Platform
from fleet_tui.emulator.world import Vendor
from tests.acceptance.harness import Place, Ran, Vendors
from tests.acceptance.worlds import agent, daytona_with, e2b_with, mem0_server_with, mem0_with, stripe_with
from tests.support.wait import eventually

pytestmark = pytest.mark.no_cover

LOCAL = '[[source]]\nname = "local"\nprovider = "local"\ndiscover = false\n'
PREFIXES = {"e2b": "e2b_", "daytona": "dtn_", "mem0": "m0-", "mem0-server": "m0sk_", "stripe": "sk_test_"}
TROUBLE: dict[str, tuple[Fault, ...]] = {
    "all is well": (),
    "401": (Fault(kind=FaultKind.UNAUTHORIZED),),
    "500": (Fault(kind=FaultKind.SERVER_ERROR),),
    "429 and HTML": (Fault(kind=FaultKind.RATE_LIMITED, probability=0.5), Fault(kind=FaultKind.GATEWAY_HTML)),
    "lost and cut answers": (
        Fault(kind=FaultKind.RESET_AFTER, probability=0.4),
        Fault(kind=FaultKind.TRUNCATED_JSON, probability=0.5),
        Fault(kind=FaultKind.WRONG_JSON),
    ),
    "no answer": (Fault(kind=FaultKind.HANG),),
}
COMMANDS = (
    "ls", "ls --resources --json", "show ada --json", "spend", "failures", "failures --json", "sprawl",
    "kill ada --dry-run", "collect --once", "collect --status", "config show", "audit --json",
    "export resources --json", "export audit", "attention --json",
)  # fmt: skip


class World:
    """Five vendors that accept only a canary, and hold canaries of their own where vendors keep secrets."""

    def __init__(self, place: Place, vendors: Vendors) -> None:
        everywhere = agent("ada", Vendor.E2B, Vendor.DAYTONA, Vendor.MEM0, Vendor.STRIPE)
        others = (agent("bob", Vendor.E2B), agent("eve", Vendor.DAYTONA))
        self.place = place
        self.vendors = vendors
        e2b, daytona, mem0 = e2b_with(everywhere, *others), daytona_with(everywhere, *others), mem0_with(everywhere)
        self.emulators: tuple[Emulator, ...] = (
            e2b,
            daytona,
            mem0,
            mem0_server_with(everywhere),
            stripe_with(everywhere),
        )
        self.keys = {one.name: f"{PREFIXES[one.name]}{secrets.token_hex(16)}" for one in self.emulators}
        self.held = [f"canary{secrets.token_hex(12)}" for _ in range(3)]
        for one in self.emulators:
            one.accepted_keys = {self.keys[one.name]}
            vendors.start(one)
        for box in e2b.boxes.by_id.values():
            box.access_token = self.held[0]
        for sandbox in daytona.boxes.by_id.values():
            sandbox.env = {"OPENAI_API_KEY": self.held[1]}
        remember(mem0, self.held[2])
        place.env["DAYTONA_KEY"] = self.keys["daytona"]
        sources = [place.source(one, key=self.keys[one.name]) for one in self.emulators]
        by_env = sources[1].replace(f'{{ file = "{place.root / "daytona.key"}" }}', '{ env = "DAYTONA_KEY" }')
        (place.root / "daytona.key").unlink()
        place.write(LOCAL, sources[0], by_env, *sources[2:])

    def breaks(self, *faults: Fault) -> None:
        def arm() -> None:
            for one in self.emulators:
                one.faults.add(*faults)

        self.vendors.on_loop(arm)

    @property
    def canaries(self) -> tuple[str, ...]:
        return (*self.keys.values(), *self.held)


def remember(mem0: Mem0Platform, text: str) -> None:
    """Every memory of the hosted Mem0 says the canary: what a memory says is nobody's business here."""
    for scope in mem0.book.scopes():
        if scope.seed is not None:
            scope.seed = replace(scope.seed, task=text)


@pytest.fixture
def world(place: Place, vendors: Vendors) -> World:
    place.umask = 0o022
    return World(place, vendors)


@pytest.mark.parametrize("trouble", TROUBLE)
def test_no_canary_is_found_outside_its_place_whatever_happens(world: World, trouble: str) -> None:
    place = world.place
    place.run("run", "--name", "lou", "--", "sleep", "1000").ok()
    said = told(place.run("ls", "--json").ok())
    world.breaks(*TROUBLE[trouble])
    killing = place.start("kill", "bob", "--yes", log="kill")
    eventually(place.actions, what="the accepted kill")
    said += "".join(place.left().values())
    for line in COMMANDS:
        said += told(place.run(*line.split()))
    killing.kill()
    said += "".join((place.root / name).read_text() for name in ("kill", "kill.err"))
    assert place.kill_collector()

    assert '"bob"' in said
    assert "Traceback" not in said
    files = {path: path.read_bytes() for path in place.state.rglob("*") if path.is_file()}
    assert {path.name for path in files} >= {"fleet.db", "collector.log", "durable.sqlite"}
    for canary in world.canaries:
        assert canary not in said
        assert [str(path) for path, content in files.items() if canary.encode() in content] == []


def told(ran: Ran) -> str:
    return ran.out + ran.err


def test_with_a_usual_umask_all_that_is_written_is_for_its_owner_alone(world: World) -> None:
    place = world.place
    place.run("run", "--name", "lou", "--tty", "--", "sleep", "1000").ok()
    place.run("ls").ok()
    place.run("kill", "bob", "--yes").ok()
    place.run("collect", "--stop").ok()
    place.run("ls").ok()
    assert mode(place.state) == 0o700
    open_ = {
        str(path.relative_to(place.state)): oct(mode(path)) for path in place.state.rglob("*") if mode(path) & 0o077
    }
    assert open_ == {}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)
