"""What was typed is kept: for its owner only, bounded, nothing twice, and never a secret."""

import stat
from pathlib import Path

from fleet_tui.config.history import HISTORY_FILE, LINE_CHARACTERS, LINES, History


def at(folder: Path) -> Path:
    return folder / HISTORY_FILE


def test_lines_come_back_by_their_sign_the_newest_last(tmp_path: Path) -> None:
    history = History(at(tmp_path))
    for sign, line in (("/", "team:ci"), (":", "spend"), ("/", "usd>1"), ("/", " team:ci ")):
        assert history.keep(sign, line)
    history.save()
    again = History(at(tmp_path))
    assert again.lines("/") == ("usd>1", "team:ci")
    assert again.lines(":") == ("spend",)
    assert stat.S_IMODE(at(tmp_path).stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [at(tmp_path)]


def test_what_looks_like_a_secret_or_is_no_plain_line_is_not_kept(tmp_path: Path) -> None:
    history = History(at(tmp_path))
    for line in ("sk_live_abcdefgh12345678", "token=hunter2hunter2", "a\x1b[31m", "\u202ex", "", "  ", "x" * 501):
        assert not history.keep("/", line)
    history.save()
    assert history.lines("/") == ()


def test_it_stays_bounded_and_keeps_what_another_console_wrote(tmp_path: Path) -> None:
    one, other = History(at(tmp_path)), History(at(tmp_path))
    assert one.lines("/") == other.lines("/") == ()
    for number in range(LINES + 50):
        one.keep("/", f"name:{number}")
    one.save()
    other.keep("/", "team:other")
    other.save()
    kept = History(at(tmp_path)).lines("/")
    assert len(kept) == LINES
    assert kept[-1] == "team:other"
    assert "name:549" in kept


def test_a_file_that_is_garbage_a_link_or_cannot_be_written_does_no_harm(tmp_path: Path) -> None:
    at(tmp_path).write_bytes(b"/good\n\xff\xfe\x00\n:" + b"x" * (LINE_CHARACTERS + 9) + b"\n/\x1b[2J\n\n/\n")
    assert History(at(tmp_path)).lines("/") == ("good",)
    at(tmp_path).unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("/stolen\n", encoding="utf-8")
    at(tmp_path).symlink_to(elsewhere)
    assert History(at(tmp_path)).lines("/") == ()
    lost = History(tmp_path / "nowhere" / HISTORY_FILE)
    assert lost.keep("/", "team:ci")
    lost.save()
    assert lost.lines("/") == ("team:ci",)
