"""A fleet as it stands at one moment, for reading only: what is taken in later changes nothing in it."""

from datetime import UTC, datetime

from fleet_tui.views.model import FleetModel


class StillFleet(FleetModel):
    """Facts are shared, the books that hold them are its own. Of the money only that of the day holds still."""

    def __init__(self, of: FleetModel, now: datetime) -> None:
        vars(self).update(vars(of))
        self.at = now
        self.resources = dict(self.resources)
        self.statuses = dict(self.statuses)
        self.vitals = dict(self.vitals)
        self.findings = {key: dict(found) for key, found in self.findings.items()}
        self.actions = dict(self.actions)
        self.agents = dict(self.agents)
        self.fleet = dict(self.fleet)
        self.loose = set(self.loose)
        self._acting_on = dict(self._acting_on)
        self.names = self.names.still()
        self.ledger = self.ledger.still(now.astimezone(UTC).date())
