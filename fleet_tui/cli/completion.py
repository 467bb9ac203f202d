"""Prints completion scripts, made from the grammar so that they never say less or more than it."""

from argparse import Action, ArgumentParser, Namespace
from collections.abc import Iterator

from fleet_tui.cli.grammar import COMMANDS, PROGRAM, Parser, add_arguments, build_parser
from fleet_tui.cli.out import put_raw
from fleet_tui.domain.exit_code import ExitCode


def run(options: Namespace) -> int:
    """Print the script for `options.shell`."""
    put_raw([script(options.shell)])
    return ExitCode.DONE


def script(shell: str) -> str:
    """The completion script of a shell: commands, their options, and their fixed words."""
    match shell:
        case "bash":
            return _bash()
        case "zsh":
            return _zsh()
        case _:
            return _fish()


def _commands() -> Iterator[tuple[str, str, ArgumentParser]]:
    for command in COMMANDS:
        parser = Parser(prog=command.name)
        add_arguments(parser, command)
        yield command.name, command.help, parser


def _actions(parser: ArgumentParser) -> Iterator[Action]:
    yield from parser._actions  # noqa: SLF001 - argparse has no public way to look at a parser


def _options(parser: ArgumentParser) -> list[tuple[str, str]]:
    return [(word, a.help or "") for a in _actions(parser) for word in a.option_strings if word.startswith("--")]


def _choices(parser: ArgumentParser) -> list[str]:
    """The fixed words that its positional argument takes."""
    return [str(c) for a in _actions(parser) if not a.option_strings and a.choices for c in a.choices]


def _bash() -> str:
    cases = "\n".join(
        f'    {name}) words="{" ".join([*_choices(one), *(word for word, _ in _options(one))])}" ;;'
        for name, _, one in _commands()
    )
    names = " ".join(name for name, _, _ in _commands())
    top = " ".join(word for word, _ in _options(build_parser()))
    return f"""# bash completion for {PROGRAM}: eval "$({PROGRAM} completion bash)"
_fleet_tui() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" words="" index
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "${{COMP_WORDS[index]}}" in
      --config | --state-dir) ((index++)) ;;
      -*) ;;
      *) command="${{COMP_WORDS[index]}}"; break ;;
    esac
  done
  case "${{COMP_WORDS[COMP_CWORD - 1]}}" in
    --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
    --state-dir) COMPREPLY=($(compgen -d -- "$current")); return ;;
  esac
  case "$command" in
    "") words="{names} {top}" ;;
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _fleet_tui {PROGRAM}
"""


def _single(text: str) -> str:
    """A word in single quotes, as zsh and fish both read it."""
    return "'" + text.replace("\\", "").replace("'", "") + "'"


def _zsh() -> str:
    names = "\n".join(f"    {_single(f'{name}:{text}')}" for name, text, _ in _commands())
    cases = "\n".join(
        f"    {name}) offered=({' '.join([*_choices(one), *(word for word, _ in _options(one))])}) ;;"
        for name, _, one in _commands()
    )
    return f"""#compdef {PROGRAM}
# zsh completion for {PROGRAM}: eval "$({PROGRAM} completion zsh)", after compinit
_fleet_tui() {{
  local -a commands offered
  local command="" index
  commands=(
{names}
  )
  for ((index = 2; index < CURRENT; index++)); do
    case "$words[index]" in
      --config | --state-dir) ((index++)) ;;
      -*) ;;
      *) command="$words[index]"; break ;;
    esac
  done
  case "$words[CURRENT-1]" in
    --config) _files; return ;;
    --state-dir) _files -/; return ;;
  esac
  case "$command" in
    "") _describe command commands; return ;;
{cases}
  esac
  compadd -- $offered
}}
compdef _fleet_tui {PROGRAM}
"""


def _fish() -> str:
    lines = [f"# fish completion for {PROGRAM}: {PROGRAM} completion fish | source", f"complete -c {PROGRAM} -f"]
    for word, text in _options(build_parser()):
        extra = " -r -F" if word in {"--config", "--state-dir"} else ""
        lines.append(f"complete -c {PROGRAM} -l {word[2:]}{extra} -d {_single(text)}")
    for name, text, one in _commands():
        lines.append(f"complete -c {PROGRAM} -n __fish_use_subcommand -a {name} -d {_single(text)}")
        seen = f"-n '__fish_seen_subcommand_from {name}'"
        lines += [f"complete -c {PROGRAM} {seen} -a {choice}" for choice in _choices(one)]
        lines += [
            f"complete -c {PROGRAM} {seen} -l {word[2:]} -d {_single(help_)}"
            for word, help_ in _options(one)
            if word not in {"--config", "--state-dir", "--help"}
        ]
    return "\n".join(lines) + "\n"
