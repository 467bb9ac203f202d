"""Nothing that looks like a credential stays in a text, and ordinary words stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_tui.config.redact import looks_secret, redact
from fleet_tui.config.secret import Secret

CANARY = "c4n4ry7f3e9a51d2"


@pytest.mark.parametrize(
    "text",
    [
        f"Invalid API key provided: sk-proj-{CANARY}",
        f"sk_test_{CANARY} was refused",
        f"e2b_{CANARY}",
        f"Authorization: Bearer {CANARY}",
        f"Authorization: Token m0-{CANARY}",
        f'{{"api_key": "{CANARY} x", "id": 1}}',
        f"X-API-Key: {CANARY}",
        f"GET https://user:{CANARY}@host/path",
        f"GET https://host/path?key={CANARY}&limit=1 failed",
        f"password={CANARY}; next",
        f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.{CANARY}",
        f"export CLOUD_SECRET='{CANARY}'",
    ],
)
def test_what_looks_like_a_credential_is_masked(text: str) -> None:
    assert CANARY not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "the token expired",
        "sandbox i1b2c3 not found",
        "task-sk-1 on risk-model-12345678901234567890",
        "E2B_API_KEY is not set",
        "cannot reach http://127.0.0.1:4010/v2/sandboxes",
        "sk-learn-pipeline-worker",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text
    assert not looks_secret(text)


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=6), st.text(), st.text())
def test_a_known_secret_never_survives(value: str, before: str, after: str) -> None:
    told = redact(f"{before}{value}{after}", [Secret(value)])

    assert value not in told or value in "***" * 3


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    redact(text)
