"""Builds the sources that a configuration names, importing an adapter only when a source uses it."""

import importlib
import logging
import re
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from fleet_tui.config.provider import LoadedSource, Provider
from fleet_tui.config.settings import Config
from fleet_tui.config.source import SourceSettings
from fleet_tui.domain.agent import ClaimRules, MappingRule
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import SourceName
from fleet_tui.domain.rates import RateCard
from fleet_tui.domain.reading import SourceStatus
from fleet_tui.engine.gate import Gates
from fleet_tui.engine.source import Source
from fleet_tui.ports import AdapterContext, Clock

_log = logging.getLogger(__name__)


def claim_rules(settings: SourceSettings) -> ClaimRules:
    """How this source's resources find their agent. The patterns were checked when the configuration was read."""
    return ClaimRules(
        label=settings.label,
        rules=tuple(
            MappingRule(field=rule.field, match=re.compile(rule.match), agent=rule.agent) for rule in settings.rules
        ),
        name_pattern=re.compile(settings.name_pattern) if settings.name_pattern else None,
    )


class Assembly:
    """Keeps what sources share: the gates of their accounts and one TLS context."""

    def __init__(self, clock: Clock, state_dir: Path) -> None:
        self._clock = clock
        self._state_dir = state_dir
        self._gates = Gates()
        self._rates: RateCard | None = None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def sources(
        self, config: Config, running: Mapping[SourceName, Source]
    ) -> tuple[Sequence[Source], Sequence[SourceStatus]]:
        """The sources of a configuration, and a status for each that cannot be used. What did not change stays."""
        usable: list[Source] = []
        refused = [
            refused_status(SourceName(one.settings.name), one.provider, one.sentence, FailureClass.AUTH, self._clock)
            for one in config.refused
        ]
        same_rates = self._rates == config.rates
        self._rates = config.rates
        for loaded in config.sources:
            name = SourceName(loaded.settings.name)
            before = running.get(name)
            if before is not None and before.loaded == loaded and same_rates:
                usable.append(before)
                continue
            try:
                usable.append(self._built(name, loaded, config.rates))
            except Exception as error:  # noqa: BLE001 - a provider that cannot start costs its own rows and nothing else
                _log.exception("%s: its adapter could not be started", name)
                sentence = f"its provider could not be started ({type(error).__name__}); the collector's log has more"
                refused.append(refused_status(name, loaded.provider, sentence, FailureClass.UNKNOWN, self._clock))
        return usable, refused

    def _built(self, name: SourceName, loaded: LoadedSource, rates: RateCard) -> Source:
        context = AdapterContext(
            source=name,
            clock=self._clock,
            gate=self._gates.of(loaded),
            claims=claim_rules(loaded.settings),
            rates=rates,
            state_dir=self._state_dir,
            tls=self._tls,
        )
        return Source(
            name=name,
            provider=loaded.provider,
            adapter=adapter_class(loaded.provider)(loaded.settings, loaded.secrets, context),
            act=loaded.settings.act,
            write_labels=loaded.settings.write_labels,
            loaded=loaded,
        )


def adapter_class(provider: Provider) -> Callable[..., Any]:
    """The class that `module:Class` names."""
    module, _, name = provider.adapter.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


def refused_status(
    name: SourceName, provider: Provider, sentence: str, failure_class: FailureClass, clock: Clock
) -> SourceStatus:
    """What stands where a source cannot even be asked."""
    now = clock.now()
    failure = Failure(failure_class=failure_class, source=name, operation="begin", text=sentence, at=now)
    return SourceStatus(
        name=name, provider=provider.name, cadence_s=provider.cadence_s, last_try_at=now, failures=1, failure=failure
    )
