"""Paths, price lists, discovery and the service file."""

import os
import plistlib
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from fleet_tui.config.discover import installed_providers
from fleet_tui.config.errors import ConfigError
from fleet_tui.config.load import load
from fleet_tui.config.paths import Paths, find_paths, prepare_state_dir
from fleet_tui.config.rates import load_rates
from fleet_tui.config.service import service
from tests.config.conftest import PROVIDERS


def test_an_option_wins_over_the_environment_and_that_over_the_platform(tmp_path: Path) -> None:
    env = {"FLEET_TUI_CONFIG": "/env/fleet.toml", "FLEET_TUI_STATE_DIR": "/env/state"}

    option = find_paths(config=Path("/option/f.toml"), state_dir=Path("/option/s"), env=env)
    named = find_paths(config=None, state_dir=None, env=env)
    usual = find_paths(config=None, state_dir=None, env={})

    assert (option.config_file, option.state_dir) == (Path("/option/f.toml"), Path("/option/s"))
    assert (named.config_file, named.state_dir) == (Path("/env/fleet.toml"), Path("/env/state"))
    assert (usual.config_file.name, usual.asked_for, named.asked_for) == ("fleet.toml", False, True)
    assert usual.state_dir.is_absolute()


def test_an_option_may_be_relative_because_somebody_typed_it_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert find_paths(config=Path("f.toml"), state_dir=None, env={}).config_file == tmp_path / "f.toml"


def test_a_state_directory_is_made_ours_alone(tmp_path: Path) -> None:
    made = prepare_state_dir(tmp_path / "deep" / "state")

    assert made.stat().st_mode & 0o777 == 0o700
    made.chmod(0o755)
    prepare_state_dir(made)
    assert made.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("held", ["thesis.txt", "fleet.db"])
def test_a_directory_that_was_named_and_holds_things_keeps_its_mode(tmp_path: Path, held: str) -> None:
    (tmp_path / held).touch()
    tmp_path.chmod(0o755)

    assert prepare_state_dir(tmp_path).stat().st_mode & 0o777 == 0o755


def test_our_own_directory_is_ours_alone_whatever_it_holds(tmp_path: Path) -> None:
    ours = tmp_path / "fleet-tui"
    ours.mkdir(mode=0o755)
    (ours / "fleet.db").touch()

    assert prepare_state_dir(ours).stat().st_mode & 0o777 == 0o700


def test_a_state_directory_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no text"):
        prepare_state_dir(tmp_path / os.fsdecode(b"\xff"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o770, 0o777, 0o702])
def test_a_state_directory_that_others_may_write_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state").chmod(mode)

    with pytest.raises(ConfigError, match="others may write"):
        prepare_state_dir(tmp_path / "state")


def test_a_linked_state_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with pytest.raises(ConfigError, match="a link or a file"):
        prepare_state_dir(tmp_path / "link")


def test_the_shipped_prices_have_sources_and_dates() -> None:
    card = load_rates(None)

    assert {provider for provider, _ in card.prices} == {"daytona", "e2b"}
    assert all(price.source and price.as_of and price.amount > 0 for price in card.prices.values())
    e2b = card.hourly("e2b", {"vcpu_hour": Decimal(8), "gib_hour": Decimal(4)})
    assert e2b is not None
    assert e2b.microusd_per_hour == 468_000


def test_a_users_prices_lie_over_the_shipped_ones(tmp_path: Path) -> None:
    override = tmp_path / "rates.toml"
    override.write_text(
        '[[price]]\nprovider = "e2b"\nunit = "vcpu_hour"\namount = "0.04"\n'
        'source = "our contract"\nas_of = "2026-01-01"\n',
        encoding="utf-8",
    )

    card = load_rates(override)

    price = card.price("e2b", "vcpu_hour")
    assert price is not None
    assert (price.amount, price.source) == (Decimal("0.04"), "our contract")
    assert card.price("e2b", "gib_hour") is not None


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("amount", '"cheap"', "`amount` must be a decimal"),
        ("amount", '"-1"', "`amount` must be a decimal"),
        ("amount", '"NaN"', "`amount` must be a decimal"),
        ("amount", "0.05", "expected string"),
        ("as_of", '"soon"', "`as_of` must be a date"),
        ("unti", '"hour"', "unknown key `unti`; did you mean `unit`?"),
    ],
)
def test_a_wrong_price_is_named_with_its_line(tmp_path: Path, key: str, value: str, words: str) -> None:
    price = {
        "provider": '"e2b"',
        "unit": '"hour"',
        "amount": '"1"',
        "source": '"x"',
        "as_of": '"2026-01-01"',
        key: value,
    }
    override = tmp_path / "rates.toml"
    override.write_text("[[price]]\n" + "".join(f"{k} = {v}\n" for k, v in price.items()), encoding="utf-8")

    with pytest.raises(ConfigError) as raised:
        load_rates(override)

    assert f"{override}:{list(price).index(key) + 2}: " in str(raised.value)
    assert words in str(raised.value)


def test_prices_beside_the_configuration_are_found_and_checked(tmp_path: Path) -> None:
    (tmp_path / "rates.toml").write_text("[[pric]]\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="unknown key `pric`"):
        load(None, providers=PROVIDERS, env={}, config_dir=tmp_path)


def test_the_users_agents_file_is_told_to_who_asks_for_it(tmp_path: Path) -> None:
    providers = installed_providers()
    (tmp_path / "agents.toml").write_text("", encoding="utf-8")

    config = load(None, providers={"local": providers["local"]}, env={}, config_dir=tmp_path)

    assert msgspec.to_builtins(config.sources[0].settings)["agents_file"] == str(tmp_path / "agents.toml")
    (tmp_path / "agents.toml").chmod(0o666)
    with pytest.raises(ConfigError, match="writable by all"):
        load(None, providers={"local": providers["local"]}, env={}, config_dir=tmp_path)


def test_every_installed_provider_can_be_loaded_and_is_ours() -> None:
    providers = installed_providers()

    assert {provider.name for provider in providers.values()} == set(providers)
    assert providers.ours == set(providers) >= {"local", "e2b", "daytona", "mem0", "mem0-server", "stripe"}
    assert [name for name, p in providers.items() if not set(p.secrets) <= set(p.settings.__struct_fields__)] == []


def test_an_entry_point_is_imported_only_when_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = tmp_path / "imported"
    (tmp_path / "foreign_fleet.py").write_text(f"open({str(proof)!r}, 'w').close()\n", encoding="utf-8")
    meta = tmp_path / "foreign_fleet-1.dist-info"
    meta.mkdir()
    (meta / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign-fleet\nVersion: 1\n", encoding="utf-8")
    (meta / "entry_points.txt").write_text(
        "[fleet_tui.providers]\nforeign = foreign_fleet:PROVIDER\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))

    providers = installed_providers()
    load(None, providers=providers, env={}, automatic=providers.ours)

    assert "foreign" in providers
    assert "foreign" not in providers.ours
    assert not proof.exists()
    with pytest.raises(ConfigError, match="`foreign` cannot be used: AttributeError"):
        providers["foreign"]
    assert proof.exists()


def test_a_service_quotes_what_systemd_would_read(tmp_path: Path) -> None:
    paths = Paths(config_file=tmp_path / "none.toml", asked_for=False, state_dir=Path('/s p/100%/"q"/$x'))

    unit = service(paths, {}, "linux")
    agent = service(paths, {}, "darwin")

    assert '"/s p/100%%/\\"q\\"/$$x"' in unit.text
    assert "--config" not in unit.text
    assert plistlib.loads(agent.text.encode())["ProgramArguments"][-1] == '/s p/100%/"q"/$x'
