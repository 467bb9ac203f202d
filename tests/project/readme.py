"""The parts of the README that are made from the code: tables of commands, keys, providers and libraries.

`python -m tests.project.readme` writes them; a test holds that they are what would be written.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path

from fleet_tui.cli.grammar import command_table
from fleet_tui.config.discover import installed_providers
from fleet_tui.ui.keymap import ACTIONS, TABLE_HELP

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"

WHY = {
    "aiohttp": "the emulated vendors of the demo and the tests are real servers",
    "aiolimiter": "keeps every account within half of its vendor's limit",
    "apprise": "tells whatever is neither a web hook nor a terminal: desktops, mail, chats; loaded when needed",
    "daytona-analytics-api-client-async": "the vendor's generated client of its usage reports",
    "daytona-api-client-async": "the vendor's generated client, used instead of `daytona-sdk`: see Providers",
    "dbos": "durable workflows in SQLite: an accepted action survives `kill -9` and ends in a recorded outcome",
    "e2b": "the vendor's SDK; bounded below 3, where its address options go away",
    "httpx": "the HTTP client of the adapters without an SDK, with one shared TLS context",
    "msgspec": "strict configuration whose errors name key and path and never a value; fast JSON",
    "platformdirs": "where configuration and state belong on each system",
    "psutil": "CPU and memory of local agents",
    "rich": "what Textual draws with; pinned because screenshots depend on it",
    "sqlite-utils": "schema and migrations of the store",
    "stripe": "the vendor's SDK with its async transport",
    "textual": "the terminal framework; pinned because screenshots depend on it",
    "textual-plotext": "charts in the terminal, drawn once for each reading and cut down to plain cells",
    "typing-extensions": "`override` on Python 3.11",
}


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def commands() -> str:
    return table(("command", "what it does"), ((f"`{usage}`", text) for usage, text in command_table()))


def keys() -> str:
    moves = [(f"`{shown}`", text) for shown, text in TABLE_HELP]
    return table(("key", "what it does"), [*moves, *((f"`{one.shown}`", one.help) for one in ACTIONS)])


def providers() -> str:
    installed = installed_providers()
    rows = (installed[name] for name in sorted(installed.ours))
    return table(
        ("provider", "layer", "lists", "usual variable"),
        (
            (
                f"`{one.name}`",
                one.layer.value,
                ", ".join(sorted(kind.replace("_", " ") for kind in one.kinds)),
                ", ".join(f"`{name}`" for name in one.usual_env.values()) or "-",
            )
            for one in rows
        ),
    )


def libraries() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[\[<>=~!]", line)[0] for line in project["dependencies"]]
    return table(("library", "why this one"), ((f"`{name}`", WHY[name]) for name in names))


PICTURES = {
    "fleet_120x32.svg": "test_view[fleet-120x32-dark].svg",
    "attention_120x32.svg": "test_view[attention-120x32-dark].svg",
    "tree_120x32.svg": "test_view[tree-120x32-dark].svg",
    "spend_120x32.svg": "test_view[spend-120x32-dark].svg",
    "kill_120x32.svg": "test_plan_of_a_kill[120x32].svg",
}
"""The README's pictures, copied from the pictures that the tests hold, under names that a link can carry."""

MADE: dict[str, Callable[[], str]] = {
    "commands": commands,
    "keys": keys,
    "providers": providers,
    "libraries": libraries,
}


def written(text: str) -> str:
    """The README with its made parts as they should be. Raises ValueError where a mark is missing."""
    for name, make in MADE.items():
        begin, end = f"<!-- made: {name} -->", f"<!-- end: {name} -->"
        if begin not in text or end not in text:
            raise ValueError(f"README.md has no mark {begin}")
        before, rest = text.split(begin, 1)
        text = f"{before}{begin}\n{make()}\n{end}{rest.split(end, 1)[1]}"
    return text


def pictures() -> dict[Path, str]:
    """What each picture of the README should hold."""
    folder = ROOT / "snapshots"
    return {
        folder / name: (folder / "test_snapshots" / origin).read_text(encoding="utf-8")
        for name, origin in PICTURES.items()
    }


if __name__ == "__main__":
    for path, picture in pictures().items():
        path.write_text(picture, encoding="utf-8")
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
