"""Fixtures of the configuration's tests: a provider of their own and a file to write."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from fleet_tui.config.load import load
from fleet_tui.config.provider import Provider
from fleet_tui.config.settings import Config
from fleet_tui.config.source import SecretRef, SourceSettings
from fleet_tui.domain.identity import Kind, Layer

Load = Callable[..., Config]


class CloudSettings(SourceSettings, frozen=True, kw_only=True):
    """A vendor with a key and a second address."""

    api_key: SecretRef | None = None
    events_url: str | None = None
    page_size: int = 100


CLOUD = Provider(
    name="cloud",
    layer=Layer.COMPUTE,
    kinds=frozenset({Kind.SANDBOX}),
    settings=CloudSettings,
    adapter="nowhere:Nothing",
    secrets=("api_key",),
    usual_env={"api_key": "CLOUD_API_KEY"},
)
HERE = Provider(
    name="here",
    layer=Layer.COMPUTE,
    kinds=frozenset({Kind.PROCESS}),
    settings=SourceSettings,
    adapter="nowhere:Nothing",
)
BANK = Provider(
    name="bank",
    layer=Layer.BILLING,
    kinds=frozenset({Kind.METER}),
    settings=CloudSettings,
    adapter="nowhere:Nothing",
    secrets=("api_key",),
    usual_env={"api_key": "BANK_API_KEY"},
    automatic=False,
)
PROVIDERS = {one.name: one for one in (BANK, CLOUD, HERE)}


@pytest.fixture
def fleet_toml(tmp_path: Path) -> Path:
    return tmp_path / "fleet.toml"


@pytest.fixture
def loaded(fleet_toml: Path) -> Load:
    """Write the file and load it."""

    def load_text(text: str, env: Mapping[str, str] | None = None, *, mode: int = 0o600) -> Config:
        fleet_toml.write_text(text, encoding="utf-8")
        fleet_toml.chmod(mode)
        return load(fleet_toml, providers=PROVIDERS, env=env or {})

    return load_text
