"""What is asked for is begun: what ends something first, and again where the durable file could not take it."""

from fleet_tui.domain.action import ActionId, Verb
from fleet_tui.domain.outcome import Done
from fleet_tui.testing.rig import rig, running
from fleet_tui.testing.virtual_time import virtually


@virtually
async def test_of_all_that_waits_kills_are_begun_first() -> None:
    parts = rig()
    start, begun = parts.durable.start, list[ActionId]()

    async def noted(action_id: ActionId) -> None:
        begun.append(action_id)
        await start(action_id)

    parts.durable.start = noted  # type: ignore[method-assign]
    paused, killed = parts.start("a"), parts.start("b")
    (pause,), (kill,) = parts.submit(Verb.PAUSE, paused), parts.submit(Verb.KILL, killed)
    async with running(parts):
        await parts.outcomes(pause, kill)
    assert begun == [kill, pause]


@virtually
async def test_what_the_durable_file_could_not_take_is_begun_when_it_can() -> None:
    parts = rig()
    start, failed = parts.durable.start, 0

    async def fails_twice(action_id: ActionId) -> None:
        nonlocal failed
        if failed < 2:
            failed += 1
            raise OSError("locked")
        await start(action_id)

    parts.durable.start = fails_twice  # type: ignore[method-assign]
    async with running(parts):
        (outcome,) = await parts.outcomes(*parts.submit(Verb.KILL, parts.start("a")), within_s=30)
        assert isinstance(outcome, Done)
