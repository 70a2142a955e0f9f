"""The command replay: decide again on the decisions of a log, and list those that have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs
import click
from rich.markup import escape

from orderrules.cli import app as _app
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, REFUSED, TROUBLE, Answered, draw, to_json
from orderrules.languages.sentences import group_thousands
from orderrules.reading.limits import UPDATE_LIMITS
from orderrules.reading.problems import Code, InvalidInput
from orderrules.reading.values import invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orderrules.engine.replay import Replay
    from orderrules.policy.policy import Policy

_MOST: Final = 100
"""Lines that are listed, of those that changed and of those that cannot be read; further ones are counted."""


@attrs.define
class _Log:
    """What was found in a log so far.

    Attributes:
        same: how many lines have the same answer.
        changed: how many have another one.
        unread: how many lines are not decisions.
        changes: the first changed lines, each with its number.
        apart: the first lines that are not decisions, each with its number.
        digests: the digests of the rulebooks that decided, each with its edition.
    """

    same: int = 0
    changed: int = 0
    unread: int = 0
    changes: list[tuple[int, Replay]] = attrs.field(factory=list[Any])
    apart: list[tuple[int, InvalidInput]] = attrs.field(factory=list[Any])
    digests: dict[str, str] = attrs.field(factory=dict[str, str])

    def add(self, policy: Policy[Any, Any], number: int, line: bytes) -> None:
        """Decide again on one line."""
        try:
            if len(line) > UPDATE_LIMITS.size:
                raise invalid(Code.TOO_LARGE, reason="row", bound=UPDATE_LIMITS.size)
            replay = policy.replay(line)
        except InvalidInput as error:
            self.unread += 1
            if len(self.apart) < _MOST:
                self.apart.append((number, error))
            return
        if len(self.digests) < _MOST:
            self.digests.setdefault(replay.digest_then, replay.edition_then)
        if replay:
            self.same += 1
        else:
            self.changed += 1
            if len(self.changes) < _MOST:
                self.changes.append((number, replay))

    @property
    def status(self) -> int:
        """The exit status."""
        if self.unread or not self.same + self.changed:
            return TROUBLE
        return REFUSED if self.changed else ALLOWED

    def to_dict(self, policy: Policy[Any, Any]) -> dict[str, object]:
        """Return the answer, ready for JSON."""
        return {
            "platform": policy.name,
            "edition": policy.edition,
            "digest": policy.digest(),
            "digests": [{"edition": edition, "digest": digest} for digest, edition in self.digests.items()],
            "same": self.same,
            "changed": self.changed,
            "unread": self.unread,
            "more": {
                "changes": self.changed - len(self.changes),
                "lines": self.unread - len(self.apart),
            },
            "changes": [{"line": number, **replay.to_dict()} for number, replay in self.changes],
            "problems": [
                {"line": number, **problem.to_dict()} for number, error in self.apart for problem in error.problems
            ],
        }

    def lines(self, policy: Policy[Any, Any]) -> Iterator[str]:
        """Yield the answer as lines of markup."""
        total = self.same + self.changed
        yield f"{policy.name}: {group_thousands(self.same)} of {group_thousands(total)} decisions are still the same"
        if not total + self.unread:
            yield "  the log is empty"
        others = [digest for digest in self.digests if digest != policy.digest()]
        if others:
            known = ", ".join(f"{escape(digest[:12])} (edition {escape(self.digests[digest])})" for digest in others)
            yield f"  the rules had the digest {known}; now {policy.digest()[:12]} (edition {policy.edition})"
        for number, replay in self.changes:
            yield f"  [red]line {group_thousands(number)}[/]: {escape(str(replay))}"
        if self.changed > len(self.changes):
            yield f"  and {group_thousands(self.changed - len(self.changes))} more"
        if self.unread:
            yield f"{group_thousands(self.unread)} line{'s' * (self.unread != 1)} could not be read"
        for number, error in self.apart:
            first, *others = map(str, error.problems)
            count = len(others) + error.more
            more = f", and {group_thousands(count)} more problem{'s' * (count != 1)}" if count else ""
            yield f"  [yellow]line {group_thousands(number)}[/]: {escape(first.removeprefix('(whole input): '))}{more}"
        if self.unread > len(self.apart):
            yield f"  and {group_thousands(self.unread - len(self.apart))} more"


def replay(name: str | None, place: str | None, log: str, form: str, **assumptions: Any) -> NoReturn:  # noqa: ANN401 - parsed by click.
    r"""Decide again on the decisions of a log, and list those that have changed.

    LOG is a file of JSON lines, or - for standard input. A line is what decision.to_dict(order, patch) returned, or
    the answer of orderrules check --format jsonl; other keys may stand beside its own. Blank lines are skipped, and a
    line may have 1 MiB. It holds the facts that the rules read, so no order is needed.

    The first hundred changed lines are listed, and the first hundred that cannot be read; all are counted.

    Before an upgrade, this shows what the new rules decide otherwise; with options such as --completed, what another
    assumption would.

    \b
    Examples:
      orderrules replay --platform salla decisions.jsonl
      orderrules replay --platform salla --completed family decisions.jsonl

    Exit status: 0 all answers are the same, 1 some differ, 2 error (a line that is not a decision, or none at all).
    """
    policy = _app.choose_policy(name, place, assumptions)
    found = _Log()
    for number, line in enumerate(_read_lines(log), 1):
        if line.strip() or len(line) > UPDATE_LIMITS.size:
            found.add(policy, number, line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
    shown = to_json(found.to_dict(policy)) if form == "json" else draw(*found.lines(policy))
    raise Answered(shown, found.status)


def _read_lines(path: str) -> Iterator[bytes]:
    """Iterate over the lines of a file or of standard input; of a line that is too long, the beginning is returned."""
    with click.open_file(path, "rb") as file:
        while line := file.readline(UPDATE_LIMITS.size + 1):
            rest = line
            while rest and not rest.endswith(b"\n") and len(rest) > UPDATE_LIMITS.size:
                rest = file.readline(UPDATE_LIMITS.size + 1)
            yield line


_app.add_command(
    replay,
    replay,
    [
        click.Argument(["log"], type=FILE),
        _app.platform_option(),
        _app.POLICY,
        _app.format_option("text", "json"),
        *ASSUMPTIONS,
    ],
)
