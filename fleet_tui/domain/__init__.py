"""Pure facts and rules of a fleet: standard library only, no I/O, no clock, no asyncio."""
