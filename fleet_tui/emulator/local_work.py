"""What a local agent of the seeded world runs: a script by behaviour, which really works, waits, fails or leaks."""

from typing import Final

from fleet_tui.emulator.world import Behaviour, SeedAgent

_WORKS: Final = """
n=0
while :; do
  n=$((n + 1))
  case $((n % 5)) in
    0) echo "38 passed, 2 failed" ;;
    1) echo "step $n of $FLEET_TASK" ;;
    2) echo "tool call: read 4 files" ;;
    3) echo "editing src/app/orders.py" ;;
    *) echo "tool call: run tests" ;;
  esac
  sleep {pause}
done
"""
_ASKS: Final = """
echo "tool call: git push --force"
echo "waiting for approval: may I force-push to origin/main?"
printf '\\033]777;notify;agent;approve: force-push to origin/main\\007'
while :; do sleep 3600; done
"""
_DIES: Final = """
echo "plan updated: 3 of 7 steps done"
sleep {pause}
echo "fatal: out of memory, worker killed" >&2
exit 137
"""
_LOOPS: Final = """
echo "starting on $FLEET_TASK"
sleep 1
echo "401 invalid x-api-key" >&2
exit 1
"""
_RESTS: Final = """
echo "step 1 of $FLEET_TASK"
echo "asked to hold: stopping myself until somebody resumes me"
kill -STOP $$
{then}
"""
_LEAKS: Final = """
echo "starting a browser beside me"
sleep 86400 &
echo "done; the browser is somebody else's now"
"""


def script_of(agent: SeedAgent, number: int) -> str:
    """What `/bin/sh -c` runs for the `number`th local agent."""
    works = _WORKS.replace("{pause}", str(2 + number % 3))
    match agent.behaviour:
        case Behaviour.WAITS:
            return _ASKS
        case Behaviour.FAILS:
            return _DIES.replace("{pause}", str(4 + 3 * number))
        case Behaviour.LOOPS:
            return _LOOPS
        case Behaviour.PAUSED:
            return _RESTS.replace("{then}", works)
        case Behaviour.LEAKS:
            return _LEAKS
        case Behaviour.STEADY | Behaviour.SPENDS | Behaviour.ORPHAN | Behaviour.SHORT_TTL:
            return works
