"""Themes: complete, readable, and told off clearly where they are wrong."""

from pathlib import Path

import pytest
from rich._palettes import STANDARD_PALETTE
from rich.style import Style
from textual.color import Color

from fleet_tui.config.errors import ConfigError
from fleet_tui.ui.themes import DEFAULT, Themes, bundled_names, bundled_theme, theme_file
from fleet_tui.ui.widgets.table_paint import RowState
from fleet_tui.ui.widgets.table_styles import table_styles
from fleet_tui.views.cells import Role
from tests.support.consoles import Desk
from tests.support.desks import a_fleet

_THEMES = Path(__file__).parents[2] / "themes"
_ALARMS = (Role.FAIL, Role.STUCK, Role.WAIT, Role.ORPHAN, Role.BAD, Role.WARN, Role.UNKNOWN, Role.STALE)
_READABLE = 4.5
_LARGE = 3.0


def _contrast(one: Color, other: Color) -> float:
    """WCAG 2.1 contrast ratio."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_the_console_has_a_theme_for_every_terminal() -> None:
    assert {"dark", "light", "monochrome", "high-contrast", "sixteen"} <= set(bundled_names())
    assert DEFAULT in bundled_names()


@pytest.mark.parametrize("name", bundled_names())
@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_readable_on_every_ground(name: str, role: Role) -> None:
    theme = bundled_theme(name)
    assert theme.background
    color = Color.parse(theme.variables[f"role-{role}"])
    grounds = {key: theme.variables[f"table-{key}-background"] for key in ("cursor", "cursor-blur", "mark", "header")}
    for ground, value in {"background": theme.background, **grounds}.items():
        least = _READABLE if ground == "background" else _LARGE
        assert _contrast(color, Color.parse(value)) >= least, (role, ground)


def test_monochrome_never_leans_on_colour() -> None:
    theme = bundled_theme("monochrome")
    colors = [value for value in theme.variables.values() if value.startswith("#")]
    assert all(len(set(Color.parse(value.split()[0]).rgb)) == 1 for value in colors)
    plain = theme.variables["role-plain-style"]
    assert all(theme.variables[f"role-{role}-style"] != plain for role in _ALARMS)
    styles = table_styles({**theme.variables, "foreground": theme.foreground or ""}, Color.parse("#000000"))
    cursor = styles.rows[RowState.CURSOR]
    assert cursor.base.reverse
    assert {style.color for style in cursor.roles.values()} == {cursor.base.color}
    assert styles.rows[RowState.MARKED].base.bold


@pytest.mark.parametrize("name", bundled_names())
def test_the_cursor_and_marks_differ_from_other_rows(name: str) -> None:
    theme = bundled_theme(name)
    ground = Color.parse(theme.background or "")
    styles = table_styles({**theme.variables, "foreground": theme.foreground or ""}, ground)
    looks: set[Style] = {styles.rows[state].base for state in (RowState.NORMAL, RowState.MARKED, RowState.CURSOR)}

    assert len(looks) == 3
    assert styles.blurred.base != styles.rows[RowState.NORMAL].base


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('name = "dark"', 'nome = "dark"', "unknown key `nome`; did you mean `name`?"),
        ("dark = true", "", "`dark` is missing"),
        ("dark = true", 'dark = "yes"', "`name` is text and `dark` is true or false"),
        ("[roles]", "[roles]\nfale = 1", "unknown key `roles.fale`; did you mean `fail`?"),
        ("primary =", "primry =", "unknown key `colors.primry`; did you mean `primary`?"),
        ('"#8ab4f8"', '"bluish"', "`colors.primary` is no colour; write it as #rrggbb"),
        ('style = "bold"', 'style = "blod"', "unknown attribute `blod`; did you mean `bold`?"),
        ("[colors]", "[colors", "is not TOML"),
        ('cursor-style = "none"', "cursor-style = 3", "`table.cursor-style` is text"),
    ],
)
def test_a_wrong_theme_is_refused_with_its_key(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    text = (_THEMES / "dark.toml").read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "mine.toml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        theme_file(file)
    assert sentence in str(refused.value)
    assert str(file) in str(refused.value)


def test_a_role_that_is_no_table_and_one_that_is_missing_are_refused(tmp_path: Path) -> None:
    text = (_THEMES / "dark.toml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("stuck")]
    file = tmp_path / "mine.toml"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"`roles\.stuck` is missing"):
        theme_file(file)
    file.write_text("\n".join(["stuck = 1" if line.startswith("stuck") else line for line in text.splitlines()]))
    with pytest.raises(ConfigError, match="`stuck` is a table"):
        theme_file(file)


def test_an_unknown_theme_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"no theme `drak`; did you mean `dark`\?; there are: .*dark.*light.*monochrome"
    ):
        bundled_theme("drak")
    with pytest.raises(ConfigError, match="cannot be read"):
        theme_file(tmp_path / "none.toml")


def test_sixteen_is_sent_as_the_numbers_of_a_terminals_own_colours() -> None:
    theme = bundled_theme("sixteen")
    colors = [value.split()[0] for value in theme.variables.values() if value.startswith("#")]
    colors += [
        color for color in (theme.primary, theme.background, theme.foreground, theme.surface, theme.panel) if color
    ]
    own = {STANDARD_PALETTE[number] for number in range(16)}
    assert {Color.parse(color).rgb for color in colors} <= own
    grounds = [theme.variables[f"table-{key}-background"] for key in ("cursor", "cursor-blur", "mark", "header")]
    assert {Color.parse(ground).rgb for ground in grounds} <= {STANDARD_PALETTE[number] for number in range(8)}


def test_high_contrast_is_seven_to_one() -> None:
    theme = bundled_theme("high-contrast")
    for role in Role:
        assert _contrast(Color.parse(theme.variables[f"role-{role}"]), Color.parse(theme.background or "")) >= 7.0


def test_a_theme_on_a_base_says_only_what_differs(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('base = "nord"\nname = "mine"\n[roles]\nrun = { color = "#ffffff" }\n', encoding="utf-8")
    file.chmod(0o600)
    theme = theme_file(file)
    assert (theme.name, theme.background) == ("mine", bundled_theme("nord").background)
    assert theme.variables["role-run"] == "#ffffff"
    assert theme.variables["role-run-style"] == bundled_theme("nord").variables["role-run-style"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('base = "nrod"\n', "mine.toml:1: `base`: there is no theme of that name; did you mean `nord`?"),
        ('base = "mine"\n', "there is no theme of that name"),
        ('base = "../x"\n', "`base` is the name of another theme"),
        ('base = "nord"\nprimary = "#ff00ff"\n', "mine.toml:2: unknown key `primary`; colours stand below [colors]"),
        ('base = "nord"\n[roles]\nrunn = 1\n', "mine.toml:3: unknown key `roles.runn`; did you mean `run`?"),
    ],
)
def test_a_wrong_base_and_what_is_wrong_on_it_are_named_with_their_line(
    tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(ConfigError) as refused:
        theme_file(file)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    "variable",
    [
        'text = "{{{"',
        'text = "red; } Screen { display: none"',
        'primary = "banana"',
        'text = "$nope"',
        'text = "\\u001b[2J"',
        'link-style = "#123456"',
        '"a b" = "red"',
        'text = "auto banana%"',
        'text = "banana 40%"',
    ],
)
async def test_no_variable_of_a_theme_that_is_changed_under_the_console_ends_it(tmp_path: Path, variable: str) -> None:
    (tmp_path / "themes").mkdir()
    file = tmp_path / "themes" / "mine.toml"
    file.write_text('base = "nord"\n[variables]\ntext = "auto 80%"\n', encoding="utf-8")
    desk = Desk(a_fleet(1), theme="mine", beside=tmp_path)
    async with desk.app.run_test(size=(80, 24), notifications=True) as pilot:
        assert desk.app.theme == "mine"
        file.write_text(f'base = "nord"\n[variables]\n{variable}\n', encoding="utf-8")
        desk.app.look_again()
        await desk.tells(pilot, "mine.toml:3: ")
        assert desk.app.is_running


def test_a_file_with_controls_in_its_name_is_no_theme(tmp_path: Path) -> None:
    (tmp_path / "a\x1b]2;x\x07.toml").write_text('base = "nord"\n', encoding="utf-8")
    assert Themes(tmp_path).names() == Themes(None).names()


def test_a_theme_that_all_may_write_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('base = "nord"\n', encoding="utf-8")
    file.chmod(0o602)
    with pytest.raises(ConfigError, match="writable by all"):
        theme_file(file)
