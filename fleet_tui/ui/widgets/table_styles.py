"""The styles of a table, taken from the theme's variables; what a theme leaves out falls back to its foreground."""

from collections.abc import Mapping
from typing import Final

from rich.style import Style
from textual.color import Color

from fleet_tui.domain.dataclass import dataclass
from fleet_tui.ui.widgets.table_paint import RowState, RowStyles
from fleet_tui.views.cells import Role

_WHITE: Final = "#ffffff"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableStyles:
    """Everything a table draws with."""

    rows: Mapping[RowState, RowStyles]
    blurred: RowStyles
    header: RowStyles
    track: Style
    thumb: Style


def table_styles(variables: Mapping[str, str], ground: Color) -> TableStyles:
    """Resolve the styles for a table that stands on the ground colour."""
    cursor = _ground(variables, "table-cursor", ground)
    marked = _ground(variables, "table-mark", ground)
    blurred = _ground(variables, "table-cursor-blur", ground)
    return TableStyles(
        rows={
            RowState.NORMAL: _row(variables, ground, ""),
            RowState.MARKED: _row(variables, marked, variables.get("table-mark-style", "")),
            RowState.CURSOR: _row(variables, cursor, variables.get("table-cursor-style", "")),
            RowState.CURSOR_MARKED: _row(variables, cursor, variables.get("table-cursor-style", "")),
            RowState.GONE: _one_look(variables, cursor, "role-dim", "strike"),
        },
        blurred=_row(variables, blurred, variables.get("table-cursor-blur-style", "")),
        header=_one_look(
            variables,
            _ground(variables, "table-header", ground),
            "table-header-foreground",
            variables.get("table-header-style", "bold"),
        ),
        track=_style(_color(variables, "table-track", ground), ground, ""),
        thumb=_style(_color(variables, "table-thumb", ground), ground, ""),
    )


def _row(variables: Mapping[str, str], ground: Color, attributes: str) -> RowStyles:
    row_style = Style.parse(attributes) if attributes else Style()
    base = _style(_color(variables, "foreground", ground), ground, "") + row_style
    roles = {role: _role(variables, role, ground) + row_style for role in Role}
    if row_style.reverse:
        # Reversed, a role's colour would become a patch of ground; its attributes still speak.
        flat = Style(color=base.color, bgcolor=base.bgcolor)
        roles = {role: style + flat for role, style in roles.items()}
    # Plain text shares the object of its ground, so that it never starts a segment of its own.
    return RowStyles(base=base, roles={**roles, Role.PLAIN: base})


def _one_look(variables: Mapping[str, str], ground: Color, name: str, attributes: str) -> RowStyles:
    base = _style(_color(variables, name, ground), ground, attributes)
    strong = _style(_color(variables, "role-title", ground), ground, attributes)
    return RowStyles(base=base, roles={**dict.fromkeys(Role, base), Role.STRONG: strong})


def _role(variables: Mapping[str, str], role: Role, ground: Color) -> Style:
    return _style(_color(variables, f"role-{role}", ground), ground, variables.get(f"role-{role}-style", ""))


def _style(color: Color, ground: Color, attributes: str) -> Style:
    drawn = Style(color=color.rich_color, bgcolor=ground.rich_color)
    return drawn + Style.parse(attributes) if attributes else drawn


def _color(variables: Mapping[str, str], name: str, ground: Color) -> Color:
    return ground + Color.parse(variables.get(name) or variables.get("foreground") or _WHITE)


def _ground(variables: Mapping[str, str], name: str, ground: Color) -> Color:
    value = variables.get(f"{name}-background")
    return ground + Color.parse(value) if value else ground
