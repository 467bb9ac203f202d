"""What is put beside the store is kept for a while: only what we named goes, and never through a link."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.config.keep import keep, own_folder
from fleet_tui.config.retention import EXPORTS, KEEPINGS, PLANS, RESCUE, Keeping, keeping_words, tidy_kept
from tests.support.facts import NOW

OLD = NOW - timedelta(days=31)
YOUNG = NOW - timedelta(days=29)


def plan_name(at: object, tail: str = "00c0ffee") -> str:
    return f"{at:%Y-%m-%dT%H%M%SZ}-kill-{tail}.json"


def rescue(state: Path, at: object, name: str = "ci-fix-i1.0") -> Path:
    folder = own_folder(state, RESCUE, f"{at:%Y-%m-%dT%H%M%SZ}-{name}")
    keep(folder, "log.txt", "words\n")
    keep(folder, "work.diff", "+x\n")
    return folder


def only(folder: str, **changes: int) -> tuple[Keeping, ...]:
    (one,) = (one for one in KEEPINGS if one.folder == folder)
    limits = {"days": one.days, "entries": one.entries, "bytes_": one.bytes_} | changes
    return (Keeping(folder=folder, named=one.named, **limits),)


def test_what_is_old_goes_and_what_is_young_stays(tmp_path: Path) -> None:
    plans = own_folder(tmp_path, PLANS)
    for at in (OLD, YOUNG):
        keep(plans, plan_name(at), "[]")
        rescue(tmp_path, at)
        for end in ("csv", "json"):
            keep(own_folder(tmp_path, EXPORTS), f"spend-by-team-{at:%Y%m%dT%H%M%SZ}.{end}", "x")

    assert len(tidy_kept(tmp_path, NOW)) == 4
    assert [path.name for path in plans.iterdir()] == [plan_name(YOUNG)]
    assert len(list((tmp_path / RESCUE).iterdir())) == 1
    assert len(list((tmp_path / EXPORTS).iterdir())) == 2
    assert tidy_kept(tmp_path, NOW) == ()


def test_of_too_many_or_too_much_the_oldest_go(tmp_path: Path) -> None:
    plans = own_folder(tmp_path, PLANS)
    names = [plan_name(NOW - timedelta(minutes=age)) for age in range(5)]
    for name in names:
        keep(plans, name, "x" * 100)

    assert set(tidy_kept(tmp_path, NOW, only(PLANS, entries=4))) == {f"{PLANS}/{names[4]}"}
    assert set(tidy_kept(tmp_path, NOW, only(PLANS, bytes_=250))) == {f"{PLANS}/{name}" for name in names[2:4]}


@pytest.mark.parametrize(
    "name", ["notes.txt", "2020-01-01T000000Z-kill-xyz.json", "2020-13-41T000000Z-kill-00c0ffee.json"]
)
def test_what_we_did_not_name_stays(tmp_path: Path, name: str) -> None:
    keep(own_folder(tmp_path, PLANS), name, "mine")

    assert tidy_kept(tmp_path, NOW) == ()
    assert (tmp_path / PLANS / name).read_text() == "mine"


def test_a_link_is_neither_followed_nor_taken_away(tmp_path: Path) -> None:
    state, elsewhere = tmp_path / "state", tmp_path / "elsewhere"
    state.mkdir()
    elsewhere.mkdir()
    precious = rescue(elsewhere, OLD)
    (state / PLANS).symlink_to(elsewhere)
    keep(elsewhere, plan_name(OLD), "precious")
    folder = own_folder(state, RESCUE)
    (folder / precious.name).symlink_to(precious)
    linked = rescue(state, OLD, "with-a-link-inside")
    (linked / "link.txt").symlink_to(precious / "log.txt")
    nested = rescue(state, OLD, "with-a-folder-inside")
    (nested / "more").mkdir()
    exports = own_folder(state, EXPORTS)
    (exports / f"fleet-{OLD:%Y%m%dT%H%M%SZ}.csv").symlink_to(precious / "log.txt")

    assert tidy_kept(state, NOW) == ()
    assert (precious / "log.txt").read_text() == "words\n"
    assert (elsewhere / plan_name(OLD)).read_text() == "precious"
    assert (linked / "log.txt").exists()
    assert (nested / "log.txt").exists()
    assert all(path.is_symlink() for path in exports.iterdir())


def test_nothing_was_ever_put_there(tmp_path: Path) -> None:
    assert tidy_kept(tmp_path, NOW) == ()
    assert not list(tmp_path.iterdir())


@given(names=st.lists(st.text(st.characters(blacklist_characters="/\0", codec="utf-8"), min_size=1, max_size=20)))
def test_no_name_by_chance_is_ours(names: list[str]) -> None:
    for keeping in KEEPINGS:
        assert not [name for name in names if keeping.named.fullmatch(name)]


def test_the_words_say_every_limit() -> None:
    assert "rescue/ 30 days, 1000 entries, 500 MB; plans/ 30 days" in keeping_words()
