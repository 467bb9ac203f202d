"""Looks at this machine and acts on its agents: through their runner where there is one, else process by process."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from fleet_tui.config.secret import Secret
from fleet_tui.domain.action import Order, Verb
from fleet_tui.domain.failure import Failure, FailureClass
from fleet_tui.domain.identity import Kind, ResourceKey
from fleet_tui.domain.money import Rate
from fleet_tui.domain.outcome import Done, Failed, Outcome, RefusalReason, Refused
from fleet_tui.domain.phase import ENDED
from fleet_tui.domain.reading import Listing
from fleet_tui.domain.resource import Resource, Vitals
from fleet_tui.ports import AdapterContext, LogPage, ProviderError
from fleet_tui.providers.local import mapping, tree
from fleet_tui.providers.local.discovery import Scanner
from fleet_tui.providers.local.facts import Table
from fleet_tui.providers.local.launch import RUNS
from fleet_tui.providers.local.logs import read_lines, run_starts
from fleet_tui.providers.local.processes import alive, read_table
from fleet_tui.providers.local.recognise import AgentsFileError, Kinds, load_kinds, shipped_kinds
from fleet_tui.providers.local.rescue import rescue_of
from fleet_tui.providers.local.runs import ENDED_FILE, LOG, STARTS, Answer, Run, RunState, ask, read_run
from fleet_tui.providers.local.settings import LocalSettings
from fleet_tui.providers.local.survey import FoundAgent, Fresh, HeldRun, Survey, Surveyor, runners_in
from fleet_tui.providers.local.vitals import Sampler

TreeAct = Callable[[tree.Scope, tree.Look, tree.Ticker], Awaitable[tree.Touched]]
_TIDY_S: Final = 600.0
_STEP_S: Final = 0.1
_MARGIN_S: Final = 5.0
"""How long after the grace a runner may take before we act in its place."""


class LocalAdapter:
    """The `local` provider. Every blocking look runs in a thread and is shared by all who need it at that moment."""

    def __init__(self, settings: LocalSettings, secrets: Mapping[str, Secret], context: AdapterContext) -> None:
        del secrets
        self._settings = settings
        self._context = context
        self._runs: Path = context.state_dir / RUNS
        kinds, self._kinds_note = _kinds(settings)
        self._surveyor = Surveyor(self._runs, Scanner(kinds))
        self._surveys: Fresh[Survey] = Fresh(self._surveyor.survey)
        self._tables: Fresh[Table] = Fresh(read_table)
        self._sampler = Sampler()
        self._rate: Rate | None = mapping.rate_of(context.rates)
        self._busy: frozenset[ResourceKey] = frozenset()
        """What used the processor at the last look: it does not wait, whatever it wrote last."""
        self._tidied_at: float | None = None

    async def list_resources(self, now: datetime) -> Listing:
        survey = await self._survey()
        self._sampler.begin(self._context.clock.monotonic_s())
        resources: list[Resource] = []
        vitals: list[Vitals] = []
        busy: set[ResourceKey] = set()
        for subject, row in self._rows(survey):
            resources.append(row)
            if row.phase.phase not in ENDED and subject.family:
                measured = self._sampler.measure(subject.family)
                output_at = subject.output_at if isinstance(subject, HeldRun) else None
                vitals.append(mapping.vitals_of(row.key, measured, output_at, now))
                if mapping.busy(measured):
                    busy.add(row.key)
                    resources[-1] = mapping.at_work(row)
        self._busy = frozenset(busy)
        await self._tidy(survey, now)
        notes = survey.notes + self._kinds_note
        return Listing(
            resources=tuple(resources),
            kinds=frozenset({Kind.PROCESS}),
            complete=not notes,
            vitals=tuple(vitals),
            notes=notes,
        )

    async def get_resource(self, key: ResourceKey, now: datetime) -> Resource | None:
        del now
        survey = await self._survey()
        row = next((row for _, row in self._rows(survey) if row.key == key), None)
        if row is None:
            self._refuse_unread(survey, key)
            return None
        return mapping.at_work(row) if key in self._busy else row

    async def pause(self, order: Order) -> Outcome:
        return await self._act_on_tree(order, tree.pause, "stopped")

    async def resume(self, order: Order) -> Outcome:
        return await self._act_on_tree(order, tree.resume, "let go on")

    async def kill(self, order: Order) -> Outcome:
        grace_s = 0.0 if order.params.now else order.params.grace_s
        subject = await self._subject(order)
        if isinstance(subject, Refused):
            return Done("it has ended already") if subject.reason is RefusalReason.GONE else subject
        if isinstance(subject, HeldRun) and subject.runner_alive:
            answer = await self._tell(subject.run.directory, "end", grace_s=grace_s, life=subject.run.state.life)
            if answer is not None and not answer.ok:
                return Refused(RefusalReason.REPLACED, f"{answer.error}; it was not touched")
            if answer is not None and await self._comes_true(lambda: _is_over(subject), grace_s + _MARGIN_S):
                return Done(_end_in_words(subject))
            grace_s = grace_s if answer is None else 0.0
        touched = await tree.kill(subject.scope, self._tables.get, self._context.clock, grace_s=grace_s)
        return _outcome(touched, "ended")

    async def restart(self, order: Order) -> Outcome:
        subject = await self._subject(order)
        if isinstance(subject, Refused):
            return subject
        if isinstance(subject, FoundAgent):
            text = "nobody knows how it was started; end it and start it anew with fleet-tui run"
            return Refused(RefusalReason.NOT_SUPPORTED, text)
        if subject.run.ended is not None or not subject.runner_alive:
            text = "its runner is gone, and the environment with it; start it anew with fleet-tui run"
            return Refused(RefusalReason.NOT_SUPPORTED, text)
        before = subject.run.state
        if order.target.generation not in {"", str(before.generation)}:
            text = f"it is in generation {before.generation} by now; look at it and plan again"
            return Refused(RefusalReason.CHANGED, text)
        grace_s = 0.0 if order.params.now else order.params.grace_s
        directory = subject.run.directory
        answer = await self._tell(
            directory,
            "restart",
            generation=before.generation,
            life=before.life,
            grace_s=grace_s,
            by=order.action_id,
        )
        if answer is None:
            return Failed(FailureClass.TIMEOUT, "its runner did not answer; look at it again", uncertain=True)
        if not answer.ok:
            return Refused(RefusalReason.CHANGED, answer.error)
        if not await self._comes_true(lambda: _has_moved(directory, before), grace_s + _MARGIN_S):
            text = f"it did not start again within {grace_s + _MARGIN_S:.0f} s"
            return Failed(FailureClass.TIMEOUT, text, uncertain=True)
        return _restarted(read_run(directory), before)

    async def rescue(self, order: Order, within_s: float) -> tuple[Mapping[str, str], Sequence[str]]:
        """Its diff and last lines as texts by file name, not masked, and what is missing. It may have ended already."""
        target = order.target
        for subject, row in self._rows(await self._survey()):
            if (row.key, row.incarnation) == (target.key, target.incarnation):
                directory = dict(row.detail).get("directory")
                log = subject.run.directory / LOG if isinstance(subject, HeldRun) else None
                found = await asyncio.to_thread(rescue_of, directory, log, within_s)
                return found.files, found.missing
        return {}, ("it is not there any more",)

    async def read_logs(self, key: ResourceKey, *, after: str | None, limit: int) -> LogPage:
        run_id = key.id.removesuffix(mapping.LEFT_BEHIND)
        # An id comes from the store: it names one of our directories or nothing.
        if not run_id or "/" in run_id or run_id.startswith("."):
            return LogPage(lines=(), cursor=after)
        directory = self._runs / run_id
        final = (directory / ENDED_FILE).exists()

        def read() -> LogPage:
            starts = run_starts(directory / STARTS)
            return read_lines(directory / LOG, after=after, limit=limit, final=final, starts=starts)

        return await asyncio.to_thread(read)

    async def _survey(self) -> Survey:
        try:
            return await self._surveys.get()
        except OSError as error:
            failure = Failure(
                failure_class=FailureClass.UNKNOWN,
                source=self._context.source,
                operation="list processes",
                text="the processes of this machine cannot be read; is /proc mounted?",
                at=self._context.clock.now(),
            )
            raise ProviderError(failure) from error

    def _rows(self, survey: Survey) -> Iterator[tuple[HeldRun | FoundAgent, Resource]]:
        """Every row with what it stands for; what a run left behind is a second row of that run."""
        source, rules, rate = self._context.source, self._context.claims, self._rate
        for held in survey.runs:
            yield held, mapping.run_row(held, source=source, rules=rules, rate=rate)
            if (left := mapping.left_row(held, source=source, rules=rules, rate=rate)) is not None:
                yield held, left
        for agent in survey.found if self._settings.discover else ():
            yield agent, mapping.found_row(agent, host=survey.host, source=source, rules=rules, rate=rate)

    async def _subject(self, order: Order) -> HeldRun | FoundAgent | Refused:
        """What an order is about, if it is still that and may be touched from here."""
        survey = await self._survey()
        target = order.target
        for subject, row in self._rows(survey):
            if row.key != target.key:
                continue
            if row.incarnation != target.incarnation:
                return Refused(RefusalReason.REPLACED, "another process has its place; it was not touched")
            if row.phase.phase in ENDED:
                return Refused(RefusalReason.GONE, f"it has ended: {row.phase.evidence}")
            protected = set(survey.ourselves)
            if isinstance(subject, FoundAgent):
                protected |= runners_in(survey.table)
            if ours := tree.in_the_way(subject.family, survey.table, protected):
                text = f"fleet-tui itself runs below it (pid {min(ours)}); do it from a terminal outside of it"
                return Refused(RefusalReason.NOT_SUPPORTED, text)
            return subject
        self._refuse_unread(survey, target.key)
        return Refused(RefusalReason.GONE, "it is not there any more")

    def _refuse_unread(self, survey: Survey, key: ResourceKey) -> None:
        """What stands in a directory that cannot be read is not gone. Raises ProviderError."""
        run_id = key.id.removesuffix(mapping.LEFT_BEHIND)
        if run_id in survey.unread:
            failure = Failure(
                failure_class=FailureClass.UNKNOWN,
                source=self._context.source,
                operation="read a run",
                text=f"what its runner wrote into {RUNS}/{run_id} cannot be read, so nobody can tell how it is",
                at=self._context.clock.now(),
                key=key,
            )
            raise ProviderError(failure)

    async def _act_on_tree(self, order: Order, act: TreeAct, word: str) -> Outcome:
        subject = await self._subject(order)
        if isinstance(subject, Refused):
            return subject
        generation = str(subject.run.state.generation) if isinstance(subject, HeldRun) else ""
        if order.verb is Verb.PAUSE and order.target.generation not in {"", generation}:
            return Refused(RefusalReason.CHANGED, f"it is in generation {generation} by now; look at it and plan again")
        if not subject.family:
            return Refused(RefusalReason.GONE, "no process of it is there now")
        return _outcome(await act(subject.scope, self._tables.get, self._context.clock), word)

    async def _tell(self, directory: Path, command: str, **words: float | str) -> Answer | None:
        return await asyncio.to_thread(ask, directory, command, timeout_s=self._context.timeout_s, **words)

    async def _comes_true(self, fact: Callable[[], bool], within_s: float) -> bool:
        clock = self._context.clock
        deadline = clock.monotonic_s() + within_s
        while not fact():
            if clock.monotonic_s() > deadline:
                return False
            await clock.sleep(_STEP_S)
        return True

    async def _tidy(self, survey: Survey, now: datetime) -> None:
        now_s = self._context.clock.monotonic_s()
        if self._tidied_at is None or now_s - self._tidied_at >= _TIDY_S:
            self._tidied_at = now_s
            await asyncio.to_thread(self._surveyor.tidy, survey, now.timestamp())


def _kinds(settings: LocalSettings) -> tuple[Kinds, tuple[str, ...]]:
    try:
        return load_kinds(Path(settings.agents_file) if settings.agents_file else None), ()
    except AgentsFileError as error:
        return shipped_kinds(), (f"{error}; only the agents we know ourselves are found",)


def _is_over(held: HeldRun) -> bool:
    run = read_run(held.run.directory)
    was_over = held.run.ended is not None
    return not alive(held.run.started.runner.ref) or (not was_over and run is not None and run.ended is not None)


def _end_in_words(held: HeldRun) -> str:
    run = read_run(held.run.directory)
    if held.run.ended is not None or run is None or run.ended is None:
        return "nothing of it is left"
    return f"ended with {mapping.how_it_ended(run.ended)}"


def _has_moved(directory: Path, before: RunState) -> bool:
    run = read_run(directory)
    return run is None or run.ended is not None or _place(run.state) != _place(before)


def _place(state: RunState) -> tuple[int, int]:
    return state.life, state.generation


def _restarted(run: Run | None, before: RunState) -> Outcome:
    if run is not None and run.ended is None and run.state.generation > before.generation:
        return Done(f"generation {run.state.generation} runs")
    return Failed(FailureClass.AGENT_ERROR, "it ended and could not be started again; its log says why")


def _outcome(touched: tree.Touched, word: str) -> Outcome:
    processes = "1 process" if touched.count == 1 else f"{touched.count} processes"
    if touched.complete:
        return Done(f"{processes} {word}")
    left = ", ".join(f"{fact.pid} ({fact.state})" for fact in touched.left[:5])
    if touched.foreign:
        return Failed(FailureClass.POLICY, f"{processes} {word}; another user's are left: pid {left}")
    return Failed(FailureClass.TIMEOUT, f"{processes} reached, but some are not {word} yet: pid {left}")
