"""What needs somebody, for commands: the same items as the console's, and words about them."""

import shlex
from collections.abc import Sequence
from datetime import timedelta

from fleet_tui.commands.fleet import Fleet
from fleet_tui.config.operator import who
from fleet_tui.domain.acknowledgement import FILTER, Acknowledgement, Dealt, Judged, Word, silence
from fleet_tui.domain.attention_place import Place
from fleet_tui.store.place import low_disk_bytes
from fleet_tui.views.attention import Attention, AttentionBook


def attention(fleet: Fleet) -> Attention:
    """Every item, judged now."""
    place = Place(free_bytes=low_disk_bytes(fleet.paths.state_dir))
    return AttentionBook(fleet.model).look(fleet.now(), place)


def meant(found: Attention, word: str) -> tuple[Judged, ...]:
    """The items that a word names: an id, a whole cause, or everything about one agent."""
    exact = tuple(one for one in found.items if word in {one.item.id, one.item.cause})
    return exact or found.of([word])


def deal(fleet: Fleet, items: Sequence[Judged], dealt: Dealt, *, for_s: int | None = None, why: str = "") -> None:
    """Take or snooze, in the name of this process's user. Raises StoreError."""
    me, now = who(), fleet.now()
    until = None if for_s is None else now + timedelta(seconds=for_s)
    word = Word(actor=me.actor, host=me.host, via="command", now=now, until=until, why=why)
    fleet.intents.acknowledge([one.plain for one in items], dealt, word)


def hush(fleet: Fleet, causes: Sequence[str], *, for_s: int, why: str) -> tuple[Acknowledgement, ...]:
    """Silence causes for a time; no time at all ends a silence. Raises StoreError."""
    me, now = who(), fleet.now()
    said = tuple(
        silence(cause, by=me.actor, now=now, until=now + timedelta(seconds=for_s), why=why) for cause in causes
    )
    for one in said:
        fleet.intents.silence(one, host=me.host, via="command")
    return said


def filter_cause(words: Sequence[str]) -> str:
    """The cause under which a silence of a filter is kept."""
    return f"{FILTER}{shlex.join(words)}"
