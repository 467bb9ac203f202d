"""Seeded chance: every die is named by what it decides, so that one more decision moves no other."""

import random

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


def die_for(*parts: object) -> random.Random:
    """A source of chance for one named purpose, the same in every run."""
    return random.Random(":".join(str(part) for part in parts))  # noqa: S311 - worlds, not secrets


def happens(die: random.Random, share: float) -> bool:
    """True in `share` of the throws."""
    return die.random() < share


def token(die: random.Random, length: int) -> str:
    """Lower-case letters and digits."""
    return "".join(die.choices(_LETTERS, k=length))


def uuid_of(die: random.Random) -> str:
    """A random UUID's shape."""
    text = f"{die.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
