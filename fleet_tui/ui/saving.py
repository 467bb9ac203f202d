"""The part of the app that saves what is shown: the rows of the view, in its order, as CSV and JSON."""

import asyncio
import json
from datetime import UTC
from typing import Final

from fleet_tui.domain.text import SafeText, safe_line
from fleet_tui.ui.console_app import ConsoleApp
from fleet_tui.ui.messages import Told
from fleet_tui.ui.widgets.table import FleetTable
from fleet_tui.views.pieces import TableRow, TableView

AT_ONCE: Final = 400
"""Rows that are made ready between two frames."""


class SavingApp(ConsoleApp):
    """One key, any view."""

    def action_save(self) -> None:
        """Save what is shown, every row of it."""
        if self.session.state_dir is None:
            self.say(SafeText("this console has no state directory to save into"), bad=True)
            return
        pane = self.pane
        self.run_worker(self._save(pane.view.value, list(pane.query(FleetTable))), group="saves", exclusive=True)

    async def _save(self, view: str, tables: list[FleetTable]) -> None:
        stamp = f"{self.session.now().astimezone(UTC):%Y%m%dT%H%M%SZ}"
        for number, table in enumerate(tables):
            name = (table.id or str(number)).removesuffix("-table")
            saved = await _rows(table)
            called = view if name == view else f"{view}-{name}"
            self.run_worker(lambda saved=saved, called=called: self._write(saved, f"{called}-{stamp}"), thread=True)

    def _write(self, view: TableView, name: str) -> None:
        from fleet_tui.config.keep import keep, own_folder
        from fleet_tui.config.retention import EXPORTS
        from fleet_tui.views.export import csv_rows, json_rows

        folder = self.session.state_dir
        if folder is None:
            return
        rows = json_rows(view)
        printed = ["[", ",".join(f"\n{json.dumps(row)}" for row in rows), "\n]\n"]
        exports = folder / EXPORTS
        try:
            own_folder(folder, EXPORTS)
            keep(exports, f"{name}.csv", csv_rows(view))
            keep(exports, f"{name}.json", printed)
        except OSError as error:
            why = f"{error.filename or exports}: cannot be written: {error.strerror}"
            self.post_message(Told(safe_line(why), bad=True))
            return
        where = f"{exports / name}.csv and .json"
        self.post_message(Told(safe_line(f"{len(rows)} {'row' if len(rows) == 1 else 'rows'} saved: {where}")))


async def _rows(table: FleetTable) -> TableView:
    """What a table shows, a part of it between two frames. A row that goes meanwhile is left out."""
    rows: list[TableRow] = []
    for number, key in enumerate(list(table.order), 1):
        row = table.row(key)
        if row is not None:
            rows.append(row)
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
    return TableView(columns=table.columns, rows=tuple(rows))
