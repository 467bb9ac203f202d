"""Loads fleet.toml: refuses what is wrong by file, line and key, reads secrets, and does without a file."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast

import msgspec

from fleet_tui.config.automatic import automatic_sources, found_keys
from fleet_tui.config.check import secret_refs, wrong_in
from fleet_tui.config.errors import ConfigError, SecretUnreadableError
from fleet_tui.config.files import Document, read_toml
from fleet_tui.config.notify import load_channels
from fleet_tui.config.paths import AGENTS_FILE, RATES_FILE
from fleet_tui.config.provider import LoadedSource, Provider
from fleet_tui.config.rates import load_rates
from fleet_tui.config.secret import Secret
from fleet_tui.config.secrets import read_secret
from fleet_tui.config.settings import Config, ConsoleSettings, FleetSettings, RefusedSource
from fleet_tui.config.source import SourceSettings
from fleet_tui.config.strict import nearest, no_literal_secrets, settings_from
from fleet_tui.domain.dataclass import dataclass

_TOP = ("fleet", "source", "notify", "console")
_AGENTS_KEY = "agents_file"


@dataclass(frozen=True, slots=True)
class _Named:
    """A checked source before anybody looked for its secrets."""

    provider: Provider
    settings: SourceSettings


def load(
    path: Path | None,
    *,
    providers: Mapping[str, Provider],
    env: Mapping[str, str],
    automatic: Collection[str] | None = None,
    secrets: bool = True,
    config_dir: Path | None = None,
) -> Config:
    """The configuration of `path`, or what is found in `env` where there is no file or it names no source.

    `automatic` bounds which providers may become sources unnamed (None: all of `providers`). With `secrets` False none
    is read: consoles and commands need names and rules only. `config_dir` is where rates.toml and agents.toml are when
    there is no file. Raises ConfigError; a secret that cannot be read only moves its source to `refused`.
    """
    document = read_toml(path) if path is not None else Document(None, "", {})
    fleet = _checked_top(document)
    named = [_source(document, index, providers) for index in range(len(document.tree.get("source", ())))]
    _names_differ(document, named)
    if not named:
        allowed = {name: providers[name] for name in providers if automatic is None or name in automatic}
        named = [_Named(provider, settings) for provider, settings in automatic_sources(allowed, env)]
    beside = path.parent if path is not None else config_dir
    named = [_with_agents_file(one, beside) for one in named]
    sources, refused = _with_secrets(named, env=env, beside=beside, wanted=secrets)
    ours = [providers[name] for name in providers if automatic is None or name in automatic]
    return Config(
        path=path,
        fleet=fleet,
        console=settings_from(document, document.tree.get("console", {}), ("console",), ConsoleSettings, "console"),
        sources=sources,
        refused=refused,
        found=found_keys(ours, {one.provider.name for one in named}, env),
        rates=load_rates(beside / RATES_FILE if beside is not None else None),
        notify=load_channels(document, env=env, beside=beside, secrets=secrets),
    )


def _checked_top(document: Document) -> FleetSettings:
    for key in document.tree:
        if key not in _TOP:
            raise document.error(f"unknown key `{key}`{nearest(key, _TOP)}", (key,))
    no_literal_secrets(document, document.tree)
    if not isinstance(document.tree.get("source", []), list):
        raise document.error("a source is written [[source]], with two brackets", ("source",))
    fleet = settings_from(document, document.tree.get("fleet", {}), ("fleet",), FleetSettings, "fleet")
    if not fleet.name.strip() or not fleet.name.isprintable():
        raise document.error("fleet: `name` must be a word that can be typed", ("fleet", "name"))
    return fleet


def _source(document: Document, index: int, providers: Mapping[str, Provider]) -> _Named:
    at = ("source", index)
    table: object = document.tree["source"][index]
    if not isinstance(table, dict):
        raise document.error("a source is written [[source]], with two brackets", at)
    tree = dict(cast("dict[str, Any]", table))
    name = tree.get("name")
    what = f"source {name}" if isinstance(name, str) and name.isprintable() else f"source {index + 1}"
    kind = tree.get("provider")
    if not isinstance(kind, str):
        known = ", ".join(sorted(providers))
        raise document.error(f"{what}: `provider` is missing: one of {known}", at)
    if kind not in providers:
        hint = nearest(kind, list(providers)) or f"; installed are {', '.join(sorted(providers))}"
        raise document.error(f"{what}: no provider of that name is installed{hint}", (*at, "provider"))
    provider = providers[kind]
    _usual_secrets(document, tree, index, provider, what)
    settings = settings_from(document, tree, at, provider.settings, what)
    if wrong := wrong_in(settings):
        key, sentence = wrong
        raise document.error(f"{what}: `{key}` {sentence}", (*at, key))
    return _Named(provider, settings)


def _usual_secrets(document: Document, tree: dict[str, Any], index: int, provider: Provider, what: str) -> None:
    """Refuse a literal where a reference belongs, and fill in the usual variable where nothing is said."""
    for field in provider.secrets:
        usual = provider.usual_env.get(field)
        if isinstance(tree.get(field), str):
            hint = f'{{ env = "{usual or "NAME"}" }}'
            raise document.error(
                f"{what}: `{field}` must say where the key is, like {hint}: a key is never written here",
                ("source", index, field),
            )
        if field not in tree and usual is not None:
            tree[field] = {"env": usual}


def _names_differ(document: Document, named: list[_Named]) -> None:
    seen: dict[str, int] = {}
    for index, one in enumerate(named):
        name = one.settings.name
        if name in seen:
            raise document.error(
                f"two sources have the name `{name}` (the other is source {seen[name] + 1}): "
                "a name stands for one account",
                ("source", index, "name"),
            )
        seen[name] = index


def _with_agents_file(one: _Named, beside: Path | None) -> _Named:
    """Tell a provider that knows agents by their program where agents.toml is; the same rules hold for that file."""
    if _AGENTS_KEY not in one.settings.__struct_fields__:
        return one
    said: str | None = getattr(one.settings, _AGENTS_KEY)
    if beside is None or (said is None and not (beside / AGENTS_FILE).exists()):
        return one
    path = beside / Path(said or AGENTS_FILE).expanduser()
    read_toml(path)
    return _Named(one.provider, msgspec.structs.replace(one.settings, **{_AGENTS_KEY: str(path)}))


def _with_secrets(
    named: list[_Named], *, env: Mapping[str, str], beside: Path | None, wanted: bool
) -> tuple[tuple[LoadedSource, ...], tuple[RefusedSource, ...]]:
    sources: list[LoadedSource] = []
    refused: list[RefusedSource] = []
    for one in named:
        read: dict[str, Secret] = {}
        try:
            for field, ref in secret_refs(one.settings) if wanted else ():
                read[field] = _read(field, ref, env, beside)
        except ConfigError as error:
            refused.append(RefusedSource(provider=one.provider, settings=one.settings, sentence=error.sentence))
        else:
            sources.append(LoadedSource(provider=one.provider, settings=one.settings, secrets=read))
    return tuple(sources), tuple(refused)


def _read(field: str, ref: Any, env: Mapping[str, str], beside: Path | None) -> Secret:
    try:
        return read_secret(ref, env=env, beside=beside)
    except SecretUnreadableError as error:
        raise ConfigError(f"{field}: {error}") from None
