"""`[[notify]]`: what is wrong is refused with its line and its key, and an address with a secret is never written."""

from pathlib import Path

import pytest

from fleet_tui.config.errors import ConfigError
from fleet_tui.config.files import parse_toml
from fleet_tui.config.notify import LoadedChannel, Shape, Terminal, load_channels
from fleet_tui.domain.attention import Severity

PATH = Path("/x/fleet.toml")


def read(text: str, **env: str) -> tuple[LoadedChannel, ...]:
    return load_channels(parse_toml(text, PATH), env=env, beside=None, secrets=True)


def test_a_channel_says_where_what_and_when_not() -> None:
    (one,) = read(
        '[[notify]]\nname = "ops"\nurl = { env = "HOOK" }\nshape = "slack"\nseverity = "crit"\n'
        'filter = "team:ci"\nquiet = "22:00-07:00"\n',
        HOOK="https://hooks.example/T/B/x",
    )
    assert (one.settings.shape, one.settings.severity, one.chosen.text) == (Shape.SLACK, Severity.CRIT, "team:ci")
    assert one.url is not None
    assert one.url.reveal() == "https://hooks.example/T/B/x"
    assert one.quiet is not None
    assert "hooks" not in repr(one)


def test_a_terminal_is_told_by_the_console_itself() -> None:
    (one,) = read('[[notify]]\nname = "here"\nterminal = "osc9"\n')
    assert (one.settings.terminal, one.url, one.refused) == (Terminal.OSC9, None, "")


@pytest.mark.parametrize(
    ("lines", "line", "sentence"),
    [
        ('name = "a"', 2, "`url` or `terminal` must be said"),
        (
            'name = "a"\nterminal = "bell"\nurl = "ntfy://127.0.0.1/x"',
            4,
            "`url` or `terminal` must be said, and not both",
        ),
        ('name = "a b"\nterminal = "bell"', 2, "`name` must be letters"),
        ('name = "a"\nterminal = "gong"', 3, '`terminal` must be one of "bell", "osc9", "osc777"'),
        ('name = "a"\nterminal = "bell"\nseverity = "bad"', 4, '`severity` must be one of "crit"'),
        ('name = "a"\nterminal = "bell"\nquiet = "22-7"', 4, "`quiet` must be hours like 22:00-07:00"),
        ('name = "a"\nterminal = "bell"\nfilter = "usd:x"', 4, "`filter`"),
        ('name = "a"\nterminal = "bell"\nchanel = "x"', 4, "unknown key `chanel`"),
        ('name = "a"\nurl = "https://hooks.slack.com/services/T/B/x"', 3, "an address may hold a secret"),
        ('name = "a"\nurl = "slack://TokenA/TokenB/TokenC"', 3, "an address may hold a secret"),
        ('name = "a"\nurl = "http://10.0.0.7/hook"', 3, "plain http is refused for any host but this machine"),
        ('name = "a"\nurl = "ntfy://ntfy.example/x"', 3, "plain http is refused"),
        ('name = "a"\nurl = "no address"', 3, "must be an address"),
        ('name = "a"\nurl = { env = "A", file = "b" }', 3, "exactly one of"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(lines: str, line: int, sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(f"[[notify]]\n{lines}\n")
    assert str(refused.value).startswith(f"{PATH}:{line}: notify")
    assert sentence in str(refused.value)


def test_two_channels_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two channels have the name `a`"):
        read('[[notify]]\nname = "a"\nterminal = "bell"\n[[notify]]\nname = "a"\nterminal = "osc9"\n')


@pytest.mark.parametrize(
    ("address", "sentence"), [("http://10.0.0.7/hook", "plain http is refused"), ("nonsense", "must be an address")]
)
def test_a_wrong_address_elsewhere_refuses_its_own_channel_and_is_not_printed(address: str, sentence: str) -> None:
    bad, good = read(
        '[[notify]]\nname = "a"\nurl = { env = "HOOK" }\n[[notify]]\nname = "b"\nterminal = "bell"\n', HOOK=address
    )
    assert sentence in bad.refused
    assert address not in bad.refused
    assert not good.refused
