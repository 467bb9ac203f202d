"""A vendor that says that it failed when it did not: looked at again, told truly, and not asked twice."""

import pytest

from fleet_tui.emulator.base import Emulator
from fleet_tui.emulator.faults import Fault, FaultKind
from fleet_tui.emulator.world import Vendor
from tests.acceptance.harness import Place, Vendors
from tests.acceptance.worlds import agent, daytona_with, e2b_with


def emulated(vendor: Vendor) -> Emulator:
    box = agent("ada", vendor)
    return e2b_with(box) if vendor is Vendor.E2B else daytona_with(box)


@pytest.mark.parametrize(
    ("vendor", "verb", "method", "path"),
    [
        (Vendor.E2B, "kill", "DELETE", "/sandboxes/"),
        (Vendor.E2B, "pause", "POST", "/pause"),
        (Vendor.DAYTONA, "kill", "DELETE", "/sandbox/"),
        (Vendor.DAYTONA, "pause", "POST", "/pause"),
    ],
)
def test_an_error_after_the_effect_is_found_out(
    place: Place, vendors: Vendors, vendor: Vendor, verb: str, method: str, path: str
) -> None:
    emulator = vendors.start(emulated(vendor))
    place.write(place.source(emulator))
    lie = Fault(kind=FaultKind.ERROR_AFTER, method=method, path=f"*{path}*", times=1)
    vendors.on_loop(lambda: emulator.faults.add(lie))

    (row,) = place.run(verb, "ada", "--yes", "--json").ok().rows

    assert row["outcome"] == "done"
    assert "uncertain" not in row["reason"]
    assert len(vendors.asked(emulator, method, path=path)) == 1
