"""A session in a real terminal over a fleet whose every name, label and log line is hostile: it is only text."""

import sys
from collections.abc import Iterable

import pytest
from rich.cells import cell_len

from fleet_tui.domain.phase import Phase, short
from fleet_tui.emulator.world import SeedAgent, Vendor
from tests.acceptance.harness import Place, Vendors
from tests.acceptance.tmux import Screen, needs_tmux, screen
from tests.acceptance.worlds import agent, daytona_with, e2b_with, mem0_with
from tests.support.corpora import Corpora, own_hostile_names
from tests.support.wait import eventually

pytestmark = [pytest.mark.no_cover, pytest.mark.tmux, pytest.mark.corpora, needs_tmux]
LOCAL = '[[source]]\nname = "local"\nprovider = "local"\ndiscover = false\n'


def sendable(texts: Iterable[str]) -> list[str]:
    """Those that can travel as JSON in UTF-8 and name something."""
    return list(
        dict.fromkeys(t for t in texts if t.strip() and "\0" not in t and t.isprintable() is not None and utf8(t))
    )


def utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def hostile(text: str, *vendors: Vendor) -> SeedAgent:
    return agent(text, *vendors, team=text, task=text)


class Session:
    """A console over the whole corpora."""

    def __init__(self, place: Place, vendors: Vendors, corpora: Corpora) -> None:
        texts = sendable([*corpora.hostile().values(), *own_hostile_names().values()])
        naughty = sendable(corpora.naughty())
        e2b = vendors.start(e2b_with(*(hostile(text, Vendor.E2B) for text in texts)))
        for box in e2b.boxes.by_id.values():
            text = box.metadata["fleet.agent"]
            box.alias = text
            box.metadata[text] = text
        daytona = vendors.start(daytona_with(*(hostile(text, Vendor.DAYTONA) for text in naughty[::6])))
        mem0 = vendors.start(mem0_with(*(hostile(text, Vendor.MEM0) for text in texts[::10])))
        place.env["LANG"] = "C.UTF-8"
        place.write(LOCAL, place.source(e2b), place.source(daytona), place.source(mem0, more="count_memories = false"))
        self.place = place
        self.lines = place.root / "lines"
        raw = [*corpora.invalid_utf8().values(), *(text.encode() for text in (*texts, *naughty))]
        self.lines.write_bytes(b"\n".join(raw) + b"\n")
        name = "[@click=app.quit]loud[/]\x1b]2;PWNED\x07"
        place.run("run", "--name", name, "--", "sh", "-c", 'cat "$1"; exec sleep 1000', "sh", str(self.lines)).ok()

    @property
    def words(self) -> list[str]:
        where = ["--config", str(self.place.config), "--state-dir", str(self.place.state)]
        return [sys.executable, "-P", "-m", "fleet_tui", *where]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (120, 32)])
def test_a_hostile_fleet_is_only_text(
    place: Place, vendors: Vendors, corpora: Corpora, columns: int, rows: int
) -> None:
    session = Session(place, vendors, corpora)
    with screen(place, session.words, columns=columns, rows=rows) as console:
        console.shows("FLEET[", "? help", within_s=40)
        eventually(lambda: "local now" in console.text and "e2b now" in console.text, timeout_s=40, what="readings")
        is_intact(console, columns, rows)

        walk(console, columns, rows)
        look_into_rows(console, columns, rows)
        follow_the_log(console, columns, rows)
        see_every_view(console, columns, rows)
        click_everywhere(console, columns, rows)

        console.press("C-k")
        console.shows("this console only looks")
        is_untouched(console)
        console.press("Escape")
        console.shows_no("this console only looks")
        console.type("q")
        assert console.ended() == 0
        assert console.title == ("our title", "ours")
    assert place.actions() == ()
    assert place.effects() == []
    assert not (place.root / "x").exists(), "tmux and shells ran nothing of it"
    assert "Traceback" not in (place.state / "console.log").read_text()


def is_untouched(console: Screen) -> None:
    """It runs, and nothing reached the terminal but what is drawn."""
    assert console.runs, console.text
    assert console.title == ("our title", "ours")
    assert console.paste_buffer == ""
    for line in console.lines:
        assert line.isprintable(), ascii(line)


def is_intact(console: Screen, columns: int, rows: int) -> None:
    """FLEET stands as drawn: its first and last line, its width, and every state below its heading."""
    is_untouched(console)
    lines = console.lines
    assert len(lines) == rows
    assert lines[0].startswith("fleet test  [RO]"), lines[0]
    assert lines[-1].rstrip().endswith("? help"), lines[-1]
    assert max(cell_len(line) for line in lines) <= columns + 1
    heading = next(line for line in lines if line.lstrip().startswith("AGENT") and "STATE" in line)
    at = cell_len(heading[: heading.index("STATE")])
    body = lines[lines.index(heading) + 1 :]
    states = [
        cells_from(line, at).split(" ")[0].rstrip("?")
        for line in body
        if line[:3].strip(" ❯●") == "" and line[3:4].strip()
    ]
    assert states, console.text
    assert set(states) <= {short(phase) for phase in Phase} | {"", "-"}, (states, console.text)


def cells_from(line: str, cell: int) -> str:
    """What stands from this cell on."""
    width = 0
    for index, char in enumerate(line):
        if width >= cell:
            return line[index:]
        width += cell_len(char)
    return ""


def walk(console: Screen, columns: int, rows: int) -> None:
    for key in ("PageDown", "PageDown", "j", "j", "G", "PageUp", "k", "g"):
        console.press(key)
        is_intact(console, columns, rows)
    for key in ("N", "S", "C", "A", "I", ">", "<"):
        console.type(key)
        is_intact(console, columns, rows)


def look_into_rows(console: Screen, columns: int, rows: int) -> None:
    for _ in range(6):
        for key, shown in (("d", "detail"), ("y", "raw"), ("e", "events"), ("$", "money"), ("l", "logs")):
            console.type(key)
            console.shows(f"─ {shown}")
            is_untouched(console)
            console.press("Escape")
            console.shows_no(f"─ {shown}")
        for _ in range(7):
            console.press("j")
    is_intact(console, columns, rows)


def follow_the_log(console: Screen, columns: int, rows: int) -> None:
    console.type("/")
    console.type("source:local")
    console.press("Enter")
    console.shows("FLEET[1/")
    is_intact(console, columns, rows)
    console.type("l")
    console.shows("─ logs")
    console.shows_no("asking the collector for its log")
    for key in ("PageUp", "PageUp", "Home", "PageDown", "PageDown", "End"):
        console.press(key)
        is_untouched(console)
    console.press("Escape")
    console.shows_no("─ logs")
    console.press("Escape")
    console.shows_no("filter source:local")


def see_every_view(console: Screen, columns: int, rows: int) -> None:
    for key, shown in (
        ("2", "SPEND"),
        ("3", "FAILURES"),
        ("4", "SPRAWL"),
        ("6", "AUDIT"),
        ("?", "keys of"),
        ("o", "outcomes"),
    ):
        console.type(key)
        console.shows(shown)
        is_untouched(console)
        if shown[0].islower():
            console.press("Escape")
            console.shows_no(shown)
    console.type("1")
    console.shows("FLEET[")
    is_intact(console, columns, rows)


def click_everywhere(console: Screen, columns: int, rows: int) -> None:
    """Every second cell of the table. A click may sort or move the cursor; whatever opens is left again."""
    for y in range(3, rows - 1):
        console.click(*((x, y) for x in range(0, columns, 2)))
        is_untouched(console)
        if "fleet test" not in console.lines[0] or "FLEET[" not in console.text:
            console.press("Escape")
    eventually(lambda: "FLEET[" in console.text, what="FLEET")
    is_untouched(console)
