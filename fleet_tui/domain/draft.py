"""Makes facts in half the time, where thousands are made at once: a frozen class makes a call for each field."""

import dataclasses
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def drafted(fact: Callable[P, T]) -> Callable[P, T]:
    """The same constructor of a dataclass with slots and keyword-only fields; what it gives is a `fact`, and frozen.

    The fields are set on a twin that is not frozen, which then becomes a `fact` before anybody else has it.
    """
    cls: Any = fact

    def become(self: Any) -> None:
        self.__class__ = cls

    twin: Any = dataclasses.make_dataclass(
        cls.__name__,
        [
            (one.name, Any, dataclasses.field(default=one.default, default_factory=one.default_factory))
            for one in dataclasses.fields(cls)
        ],
        namespace={"__post_init__": become},
        repr=False,
        eq=False,
        kw_only=True,
        slots=True,
    )
    made: Callable[P, T] = twin
    return made
