"""Where configuration and state are: an option, the environment, the platform's folder; never the current one."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fleet_tui.config.errors import ConfigError
from fleet_tui.domain.dataclass import dataclass

APP: Final = "fleet-tui"
CONFIG_VARIABLE: Final = "FLEET_TUI_CONFIG"
STATE_VARIABLE: Final = "FLEET_TUI_STATE_DIR"
CONFIG_FILE: Final = "fleet.toml"
RATES_FILE: Final = "rates.toml"
AGENTS_FILE: Final = "agents.toml"
KEYMAP_FILE: Final = "keymap.toml"
COLUMNS_FILE: Final = "columns.toml"
PLUGINS_FILE: Final = "plugins.toml"
THEMES_DIR: Final = "themes"

_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """`asked_for` says that somebody named the configuration file, so that its absence is an error."""

    config_file: Path
    asked_for: bool
    state_dir: Path

    @property
    def config_dir(self) -> Path:
        """Where the files beside fleet.toml are."""
        return self.config_file.parent

    @property
    def present(self) -> Path | None:
        """The configuration file where there is one; else None. Raises ConfigError when it was named and is absent."""
        try:
            if self.config_file.exists():
                return self.config_file
        except OSError as error:
            raise ConfigError(f"cannot be read: {error.strerror}", path=self.config_file) from None
        if self.asked_for:
            raise ConfigError("there is no such file: write one with `fleet-tui config init`", path=self.config_file)
        return None


def find_paths(*, config: Path | None, state_dir: Path | None, env: Mapping[str, str]) -> Paths:
    """Settle both paths. What the environment says must be absolute: it does not know where it will be read."""
    named = config or _from_env(CONFIG_VARIABLE, env)
    state = state_dir or _from_env(STATE_VARIABLE, env)
    return Paths(
        config_file=_at_home(named or _platform_config_dir() / CONFIG_FILE).absolute(),
        asked_for=named is not None,
        state_dir=_at_home(state or _platform_state_dir()).absolute(),
    )


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise ConfigError("nobody knows the home directory that its ~ stands for: write it out", path=path) from None


def _from_env(variable: str, env: Mapping[str, str]) -> Path | None:
    value = env.get(variable, "").strip()
    if not value:
        return None
    path = _at_home(Path(value))
    if not path.is_absolute():
        raise ConfigError(f"{variable} must be an absolute path: nothing is read from the current directory")
    return path


def _platform_config_dir() -> Path:
    import platformdirs  # noqa: PLC0415 - costs 30 ms that `--help` does not need

    return platformdirs.user_config_path(APP, appauthor=False)


def _platform_state_dir() -> Path:
    import platformdirs  # noqa: PLC0415 - costs 30 ms that `--help` does not need

    return platformdirs.user_state_path(APP, appauthor=False)


def prepare_state_dir(path: Path) -> Path:
    """Make the state directory, 0700, or raise ConfigError: it is ours alone, or it is not used."""
    try:
        os.fspath(path).encode()
        path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        facts = path.lstat()
    except UnicodeEncodeError:
        raise ConfigError("the name of the state directory is no text: name another with --state-dir") from None
    except OSError as error:
        raise ConfigError(
            f"cannot make the state directory ({error.strerror}): name another with --state-dir", path=path
        ) from error
    if not stat.S_ISDIR(facts.st_mode):
        raise ConfigError("the state directory is a link or a file: name another with --state-dir", path=path)
    if facts.st_uid != os.getuid():
        raise ConfigError("the state directory belongs to somebody else: name another with --state-dir", path=path)
    if facts.st_mode & 0o022:
        raise ConfigError(
            "others may write to the state directory: `chmod 700` it or name another with --state-dir", path=path
        )
    close_to_others(path, facts)
    return path


def close_to_others(path: Path, facts: os.stat_result) -> None:
    """Make a directory 0700 where that is ours to do: one that somebody named, and that holds things, stays as it is.

    All that we put into it is for its owner's eyes only, whatever its mode. Raises ConfigError.
    """
    try:
        if facts.st_mode & 0o077 and (path.name == APP or not any(path.iterdir())):
            path.chmod(_PRIVATE)
    except OSError as error:
        raise ConfigError(
            f"the state directory cannot be used ({error.strerror}): name another with --state-dir", path=path
        ) from error
