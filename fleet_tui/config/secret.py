"""A secret that cannot be printed: masked in repr, str, format, logs, JSON and copies."""

from typing import NoReturn

from typing_extensions import override

MASK = "***"


class Secret:
    """Holds one credential. Only a provider's transport calls `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The credential itself: for the header of a request and for nothing else."""
        return self._value

    @override
    def __repr__(self) -> str:
        return MASK

    __str__ = __repr__

    @override
    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    @override
    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is neither pickled nor copied")

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    @override
    def __hash__(self) -> int:
        return hash((Secret, self._value))
