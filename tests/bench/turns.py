"""An event loop that measures its turns: what the console does within one, no key is heard and no frame drawn."""

import asyncio
import time


class MeasuredLoop(asyncio.SelectorEventLoop):
    """Keeps the CPU time of its longest turn, of its own thread alone."""

    worst_s: float = 0.0

    def _run_once(self) -> None:
        began = time.thread_time()
        super()._run_once()  # type: ignore[misc]
        self.worst_s = max(self.worst_s, time.thread_time() - began)
