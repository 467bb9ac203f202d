"""The first screen explains itself, and names variables but never what they hold."""

from fleet_tui.domain.text import cell_width
from fleet_tui.views.first_run import FirstRun, Found, first_run_lines

SET = {"E2B_API_KEY": True, "STRIPE_API_KEY": False, "A_KEY": False, "B_KEY": False, "C": False}
FOUND = tuple(Found(variable=name, provider=name.lower(), watched=watched) for name, watched in SET.items())
WAYS = ("fleet-tui run -- claude", "fleet-tui config init", "fleet-tui demo", "none in the environment", "q quit")


def test_it_says_what_this_is_and_both_ways_on() -> None:
    text = "\n".join(first_run_lines(FirstRun()))
    for said in WAYS:
        assert said in text


def test_it_names_what_was_found_and_what_is_watched_already() -> None:
    lines = first_run_lines(FirstRun(found=FOUND))
    assert any(line.startswith("keys found           E2B_API_KEY watched") for line in lines)
    assert any("A_KEY not used yet" in line for line in lines)
    assert any("and 1 more" in line for line in lines)


def test_it_fits_a_small_screen_and_its_lines_stand_under_each_other() -> None:
    lines = first_run_lines(FirstRun(found=FOUND))
    assert len({cell_width(line) for line in lines}) == 1
    assert cell_width(lines[0]) <= 56
    assert len(lines) <= 14
