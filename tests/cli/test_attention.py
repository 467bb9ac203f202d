"""`attention`, `take`, `snooze` and `silence` over a store that a collector fills, as an operator types them."""

import pytest

from tests.support.command import Cli

UNREADABLE = """
[[source]]
name = "e2b-us"
provider = "e2b"
api_key = { env = "NOT_SET" }
"""


@pytest.fixture
def refused(cli: Cli) -> Cli:
    """A fleet whose one source has no key: that needs a person."""
    cli.write(UNREADABLE)
    return cli


def test_what_needs_somebody_is_listed_taken_put_off_and_silenced_by_its_id(refused: Cli) -> None:
    listed = refused("attention", "--json")
    (item,) = listed.rows()
    assert (item["cause"], item["severity"], item["standing"]) == ("source:e2b-us", "high", "open")
    assert listed.code == 4
    table = refused("attention")
    assert item["id"] in table.out
    assert "key refused" in table.out

    assert refused("take", item["id"], "--why", "ticket 7").code == 0
    (taken,) = refused("attention", "--json").rows()
    assert taken["standing"] == "taken"
    assert taken["by"]

    assert refused("snooze", item["id"], "--for", "2h").code == 0
    assert refused("attention", "--json").rows()[0]["standing"] == "snoozed"
    assert refused("silence", "source:e2b-us", "--for", "1h", "--why", "moving").code == 0
    assert refused("attention", "--json").rows()[0]["standing"] == "silenced"
    assert refused("silence", "source:e2b-us", "--for", "0m").err.startswith("1 silence ended")
    assert refused("take", item["id"]).code == 0
    assert refused("snooze", item["id"], "--for", "0").out.startswith(f"open again {item['id']}")
    assert refused("attention", "--json").rows()[0]["standing"] == "open"

    audit = refused("audit", "--json").rows()
    assert [line["what"] for line in audit] == ["taken", "snoozed", "silenced", "opened again", "taken", "opened again"]
    assert (audit[0]["why"], audit[0]["via"]) == ("ticket 7", "command")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("take", "abcdef"), "nothing that needs somebody is 'abcdef'"),
        (("snooze", "x", "--for", "soon"), "--for"),
        (("snooze", "x", "--for", "31d"), "at most 30d"),
        (("silence", "--for", "1h"), "silence takes a filter or an id"),
        (("silence", "usd:x", "--for", "1h"), "usd"),
        (("snooze", "x"), "--for"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(refused: Cli, words: tuple[str, ...], sentence: str) -> None:
    ran = refused(*words)
    assert ran.code == 2
    assert sentence in ran.err
    assert len(ran.err.splitlines()) == 1
