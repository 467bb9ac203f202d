"""Our dataclasses are the standard library's in everything that can be told from outside."""

import copy
import dataclasses
import inspect
import pickle
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest
from typing_extensions import override

from fleet_tui.domain import dataclass as late


@late.dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """A fact."""

    KIND: ClassVar = "fact"
    name: str
    cost: int = 3
    tags: tuple[str, ...] = ()
    seen: list[int] = dataclasses.field(default_factory=list, compare=False)
    hidden: int = dataclasses.field(default=0, repr=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """A fact."""

    KIND: ClassVar = "fact"
    name: str
    cost: int = 3
    tags: tuple[str, ...] = ()
    seen: list[int] = dataclasses.field(default_factory=list, compare=False)
    hidden: int = dataclasses.field(default=0, repr=False)


@late.dataclass
class Changing:
    first: int
    second: int = 2


@late.dataclass(frozen=True)
class Named:
    first: int

    @override
    def __repr__(self) -> str:
        return "itself"

    @override
    def __hash__(self) -> int:
        return 7


@late.dataclass(frozen=True, slots=True)
class Checked:
    first: int

    def __post_init__(self) -> None:
        if self.first < 0:
            raise ValueError("less than nothing")


@late.dataclass(frozen=True, slots=True, order=True)
class Ordered:
    first: int


@late.dataclass(frozen=True)
class Base:
    first: int


@late.dataclass(frozen=True)
class Standing(Base):
    second: int


def test_what_it_says_of_itself_is_the_same() -> None:
    assert str(inspect.signature(Ours)) == str(inspect.signature(Theirs))
    assert repr(Ours(name="a", tags=("x",))) == repr(Theirs(name="a", tags=("x",))).replace("Theirs", "Ours")
    told: list[list[tuple[Any, ...]]] = [
        [(f.name, f.type, f.kw_only, f.compare) for f in dataclasses.fields(one)] for one in (Ours, Theirs)
    ]
    assert told[0] == told[1]
    assert Ours.__slots__ == Theirs.__slots__
    assert Ours.__match_args__ == Theirs.__match_args__


def test_equal_facts_are_equal_and_hash_alike() -> None:
    one, other = Ours(name="a", seen=[1]), Ours(name="a", seen=[2])
    assert one == other
    assert hash(one) == hash(other) == hash(Theirs(name="a", seen=[1]))
    assert one != Ours(name="b")
    assert one != Theirs(name="a")  # type: ignore[comparison-overlap]
    assert one.seen is not Ours(name="a").seen


def test_a_frozen_one_cannot_be_changed() -> None:
    one = Ours(name="a")
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'cost'"):
        one.cost = 4  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'cost'"):
        del one.cost
    assert dataclasses.replace(one, cost=4) == Ours(name="a", cost=4)


def test_it_is_copied_and_pickled() -> None:
    one = Ours(name="a", seen=[1], hidden=5)
    for other in (copy.copy(one), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert (other, other.seen, other.hidden) == (one, [1], 5)
    assert dataclasses.asdict(one) == dataclasses.asdict(Theirs(name="a", seen=[1], hidden=5))


def test_wrong_words_are_refused_as_ever() -> None:
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'name'"):
        Ours()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unexpected keyword argument 'none'"):
        Ours(name="a", none=1)  # type: ignore[call-arg]


def test_one_that_changes_has_no_hash() -> None:
    one = Changing(1)
    one.first = 3
    assert one == Changing(3, 2)
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


def test_what_a_class_wrote_itself_stays() -> None:
    assert (repr(Named(1)), hash(Named(1)), Named(1) == Named(1)) == ("itself", 7, True)
    assert Checked(1).first == 1
    with pytest.raises(ValueError, match="less than nothing"):
        Checked(-1)


def test_order_and_inheritance_are_the_standard_librarys() -> None:
    assert Ordered(1) < Ordered(2)
    assert Standing(1, 2) == Standing(first=1, second=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Standing(1, 2).second = 3  # type: ignore[misc]


def test_threads_that_ask_at_once_get_the_same() -> None:
    for _ in range(20):

        @late.dataclass(frozen=True, slots=True)
        class Fresh:
            first: int

        together, made = Barrier(4), list[object]()

        def make(kind: type[Any] = Fresh, together: Barrier = together, made: list[object] = made) -> None:
            together.wait()
            made.append(kind(1))

        threads = [Thread(target=make) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [Fresh(1)] * 4
        assert len(set(made)) == 1
