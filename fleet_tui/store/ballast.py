"""Disk space held back, so that on a full disk an intent, a checkpoint and a prune still fit."""

import os
import shutil
from pathlib import Path

from fleet_tui.domain.dataclass import dataclass

BALLAST_BYTES = 12 * 1024 * 1024
"""Three times the 4 MB after which SQLite checkpoints: seen to be enough for all three; 0.5 MB was not."""


@dataclass(frozen=True, slots=True)
class Ballast:
    path: Path
    size_bytes: int = BALLAST_BYTES

    def give_up(self) -> bool:
        """Free it. False when there was none."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def restore(self) -> bool:
        """Take it again once three times as much is free; True when it stands."""
        try:
            if self.path.exists():
                if self.path.stat().st_size == self.size_bytes:
                    return True
                self.path.unlink()
            if shutil.disk_usage(self.path.parent).free < 3 * self.size_bytes:
                return False
            self._write()
        except OSError:
            self.give_up()
            return False
        return True

    def _write(self) -> None:
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if self.size_bytes:
                os.posix_fallocate(descriptor, 0, self.size_bytes)
        finally:
            os.close(descriptor)
