"""Dataclasses as the standard library makes them, but each method when it is first asked for.

The standard decorator writes and compiles six functions for every class, which for all of ours takes some 40 ms of
every start; most of them are never called by the process that paid for them.
"""

import dataclasses
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - type checkers know that name
else:
    _Class = TypeVar("_Class", bound=type)

    def dataclass(cls: _Class | None = None, /, **options: bool):
        """As `dataclasses.dataclass`."""
        return partial(_made, options) if cls is None else _made(options, cls)


_FOR: Final[dict[str, dict[str, bool]]] = {
    "__init__": {"init": True},
    "__repr__": {"repr": True},
    "__eq__": {"eq": True},
    "__hash__": {"unsafe_hash": True},
}
"""What the standard library is asked for to get one method."""


def _made(options: dict[str, bool], cls: type[Any]) -> type[Any]:
    if not options.keys() <= {"frozen", "slots", "kw_only"} or dataclasses.is_dataclass(cls):
        # An order, or a class that stands on another: rare, so the standard library's own way.
        return dataclasses.dataclass(**options)(cls)
    return _made_late(cls, **options)


def _made_late(cls: type[Any], *, frozen: bool = False, slots: bool = False, kw_only: bool = False) -> type[Any]:
    if cls.__doc__ is None:
        # It would be given its signature, which is slow to find out.
        cls.__doc__ = cls.__name__
    made: type[Any] = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
    made.__dataclass_params__.frozen = frozen
    own = made.__dict__
    for name in _FOR:
        if name not in own or (name == "__hash__" and own[name] is None):
            setattr(made, name, _Late(made, name, frozen=frozen))
    if not frozen:
        setattr(made, "__hash__", None)  # noqa: B010 - type checkers know that it has one
    else:
        _freeze(made, slots=slots)
    return made


class _Late:
    """Stands for a method until somebody looks at it; then the method stands there."""

    __slots__ = ("_cls", "_frozen", "_name")

    def __init__(self, cls: type[Any], name: str, *, frozen: bool) -> None:
        self._cls: type[Any] = cls
        self._name: str = name
        self._frozen: bool = frozen

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        name, cls = self._name, self._cls
        fields = {one.name: one for one in dataclasses.fields(cls)}
        body: dict[str, Any] = {
            "__doc__": cls.__name__,
            "__module__": cls.__module__,
            "__qualname__": cls.__qualname__,
            "__annotations__": {key: one.type for key, one in fields.items()},
            **fields,
        }
        if hasattr(cls, "__post_init__"):
            body["__post_init__"] = None
        asked = {"init": False, "repr": False, "eq": False, **_FOR[name]}
        frozen = self._frozen and name == "__init__"
        method = dataclasses.dataclass(**asked, frozen=frozen)(type(cls.__name__, (), body)).__dict__[name]
        # A second thread that came here meanwhile makes the same.
        setattr(cls, name, method)
        return method.__get__(instance, owner)


def _freeze(cls: type[Any], *, slots: bool) -> None:
    names = frozenset(one.name for one in dataclasses.fields(cls))

    def set_(self: object, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def delete(self: object, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    changed: dict[str, Any] = {"__setattr__": set_, "__delattr__": delete}
    if slots:
        changed |= {"__getstate__": _state, "__setstate__": _set_state}
    for name, method in changed.items():
        setattr(cls, name, method)


def _state(self: Any) -> list[object]:
    return [getattr(self, one.name) for one in dataclasses.fields(self)]


def _set_state(self: Any, state: list[object]) -> None:
    for one, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, one.name, value)
