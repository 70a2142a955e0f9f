"""Draws the reference of the command line from its commands' help."""

from __future__ import annotations

import collections
import re
from typing import TYPE_CHECKING, Final

import click

from orderrules.cli.app import app
from tests.kit.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMON_OPTIONS: Final = (
    "`--platform` and `--policy` exclude each other. The options that name an assumption, such as S1, "
    "[choose another answer](assumptions.md) of a shipped policy, so they need `--platform`. `schema --of decision`, "
    "`schema --of problems`, `schema --of problem-document` and `vectors --schema` need neither of the two. "
    "`explain` has only `--policy`."
)
COMMON: Final = 12
"""An option that this many commands have, with the same help, is told once for all."""
_STATUS: Final = re.compile(r"Exit status: 0 (.*?)(?:, 1 (.*?))?, 2 (.*)\.")


def _context(command: click.Command) -> click.Context:
    """Return a context that has the settings of the group: Click keeps what it makes with the first one."""
    return click.Context(command, info_name=command.name, parent=click.Context(app, **app.context_settings))


def _options(command: click.Command) -> Iterator[list[str]]:
    """Yield a row for each option: name, type, default and meaning."""
    context = _context(command)
    for option in command.params:
        if isinstance(option, click.Option):
            kind = "flag" if option.is_flag else f"`{option.make_metavar(context)}`"
            if isinstance(option.type, click.Choice) and option.metavar is None:
                kind = " or ".join(f"`{choice}`" for choice in option.type.choices)
            default = str(option.default) if option.show_default else ""
            names = ", ".join(f"`{name}`" for name in option.opts)
            about = (option.help or "").replace("  [", " [").replace("*", r"\*")
            yield [names, kind, f"`{default}`" if default else "", about]


def _help(command: click.Command) -> Iterator[str]:
    """Yield the paragraphs of a help text; examples and lists are code."""
    for paragraph in (command.help or "").split("\n\n"):
        if paragraph.startswith("\b\n"):
            lines = paragraph.removeprefix("\b\n").splitlines()
            if lines[0].startswith("Example"):
                lines = [line.removeprefix("  ") for line in lines[1:]]
            yield "\n".join(["```text", *lines, "```"])
        elif not paragraph.startswith("Exit status"):
            yield " ".join(paragraph.split()).replace("*", r"\*")


def commands() -> str:
    """Return the exit statuses of all commands, the options that most have, and each command."""
    rows = {name: list(_options(command)) for name, command in app.commands.items()}
    heads = ["option", "type", "default", "meaning"]
    counts = collections.Counter(tuple(row) for options in rows.values() for row in options)
    common = [list(row) for row, count in counts.items() if count >= COMMON]
    statuses = []
    for name in sorted(app.commands):
        found = _STATUS.search(" ".join((app.commands[name].help or "").split()))
        assert found is not None, name
        statuses.append([f"`{name}`", found[1], found[2] or "", found[3]])
    parts = ["## Exit statuses", table([["command", "0", "1", "2"], *statuses])]
    without = [name for name in sorted(rows) if not all(row in rows[name] for row in common)]
    assert without == ["explain", "fake"]
    parts += ["## Options of all commands but explain and fake", _COMMON_OPTIONS, table([heads, *common])]
    for name in sorted(app.commands):
        command = app.commands[name]
        usage = " ".join(["orderrules", *command.collect_usage_pieces(_context(command))])
        usage = usage.replace("orderrules", f"orderrules {name}", 1)
        own = rows[name] if name in without else [row for row in rows[name] if row not in common]
        parts += [f"## {name}", f"```text\n{usage}\n```", *_help(command)]
        parts += [table([heads, *own])] if own else []
    return "\n\n".join(parts)
