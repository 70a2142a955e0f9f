"""The command line: the only place that reads files and prints.

It asks the library and shows what it says; it holds no rule.

The module is longer than most because every option says what it is for.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

try:
    import click
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table
except ImportError as error:  # pragma: no cover - seen only where the extra is not installed.
    print(f"orderrules: the command line needs more: pip install 'orderrules[cli]' ({error})", file=sys.stderr)  # noqa: T201 - nothing else is there to print with.
    raise SystemExit(2) from error

import attrs

from orderrules import ORDER_LIMITS, UPDATE_LIMITS, InvalidInput, __version__, awal, salla, write_body
from orderrules._decision import notes_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from enum import StrEnum

    from orderrules import Advice, Decision, Policy

ALLOWED: Final = 0
REFUSED: Final = 1
TROUBLE: Final = 2

_FAMILIES: Final = {
    "pending": salla.PENDING_FAMILY,
    "completed": salla.COMPLETED_FAMILY,
    "locked": salla.CANCELED_FAMILY,
}
_READINGS: Final = {
    "salla": ("pending", "completed", "unknown_status", "locked"),
    "awal": ("skipping", "payment_default"),
}
_STATUS: Final = click.Choice([*(status.value for status in salla.Status), "family"])

_FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="orderrules")
def app() -> None:
    """Ask whether an update may be made to an order, and which documented rule says no."""


def _asks(about: str) -> Callable[[Callable[[Question], NoReturn]], click.Command]:
    """Make a command of a function that answers a question about an order, an update, or both."""

    def make(answer: Callable[[Question], NoReturn]) -> click.Command:
        def run(
            name: str,
            form: str,
            *,
            guest: bool = False,
            order: str = "",
            patch: str = "",
            **readings: Any,  # noqa: ANN401 - as the options give them.
        ) -> None:
            answer(_question(name, form, order, patch, guest=guest, readings=readings))

        words = about.split()
        parameters: list[click.Parameter] = [
            *([click.Argument(["order"], type=_FILE)] if "ORDER" in words else []),
            *([click.Argument(["patch"], type=_FILE, metavar=words[-1])] if words[-1] != "ORDER" else []),
            *(_OPTIONS if "ORDER" in words else [option for option in _OPTIONS if option.name != "guest"]),
        ]
        # Where a docstring says so, click leaves the lines of a paragraph as they are.
        text = (inspect.getdoc(answer) or "").replace(r"\b", "\b")
        made = click.Command(
            answer.__name__.removesuffix("_"),
            callback=run,
            params=parameters,
            help=text,
            short_help=text.partition("\n\n")[0].replace("\n", " "),
        )
        app.add_command(made)
        return made

    return make


def _takes_statuses(name: str, about: str) -> click.Option:
    """Make an option for a reading that takes any set of statuses."""
    text = f"{about}; repeat it, or say family."
    return click.Option([name], type=_STATUS, multiple=True, metavar="STATUS", help=text)


_OPTIONS: Final[list[click.Option]] = [
    click.Option(
        ["--platform", "name"],
        required=True,
        type=click.Choice(list(_READINGS)),
        help="Whose rules the order is under.",
    ),
    click.Option(["--guest"], is_flag=True, help="Salla: say that the order's customer is a guest; no payload tells."),
    click.Option(
        ["--format", "form"],
        default="text",
        type=click.Choice(["text", "json"]),
        show_default=True,
        help="How to answer.",
    ),
    _takes_statuses("--pending", "Salla, S1: what is *pending*, instead of payment_pending"),
    _takes_statuses("--completed", "Salla, S2: what is *completed*, instead of completed"),
    click.Option(
        ["--unknown-status"],
        type=click.Choice(["open", "closed"]),
        help="Salla, S4: what a status that no page names does to the sections bound to a status.",
    ),
    _takes_statuses("--locked", "Salla, S8: what closes receiver, shipping and coupon as well"),
    click.Option(["--skipping"], is_flag=True, default=None, help="Awal, A1: any later status may follow."),
    click.Option(
        ["--payment-default"],
        type=click.Choice(["keep", "reset"]),
        help="Awal, A4: what a payment status left out means; it refuses nothing, and apply and plan heed it.",
    ),
]


@attrs.frozen
class Question:
    """What a command was asked: a policy, and what was read."""

    name: str
    form: str
    policy: Policy[Any, Any]
    order: Any
    patch: Any


@_asks("ORDER PATCH")
def check(asked: Question) -> NoReturn:
    r"""Decide whether the update in PATCH may be sent for the order in ORDER.

    ORDER is an order as the API answers it (bare, in its envelope, or in a webhook), PATCH the body of the
    update; each is a file of JSON, or - for standard input.

    \b
    Examples:
      orderrules check --platform salla order.json update.json
      curl -s .../orders/1 | orderrules check --platform awal - update.json
      orderrules check --platform salla --completed family --format json order.json update.json

    Exit status: 0 allowed, 1 refused, 2 trouble (input that cannot be read, bad usage).
    """
    decision = asked.policy.can_update(asked.order, asked.patch)
    advice = asked.policy.advise(asked.order, asked.patch)
    _answer(
        asked,
        {**decision.to_dict(asked.order), "advice": _advice(advice)},
        _decision_table(asked, decision),
        *_decision_lines(decision, asked.order),
        *(f"  {entry}" for entry in advice),
        status=ALLOWED if decision else REFUSED,
    )


@_asks("ORDER")
def editable(asked: Question) -> NoReturn:
    r"""Say which sections of the order in ORDER may change now, and why the others may not.

    \b
    Example:
      orderrules editable --platform salla order.json
    """
    sections = asked.policy.editable(asked.order)
    title = f"{asked.policy.name}: what may be changed"
    table = Table("section", "keys", "verdict", Column("why", overflow="fold"), title=title, title_justify="left")
    for section, decision in sections.items():
        why = [f"{violation.rule.id}: {violation.saw}; {violation.needed}" for violation in decision.violations]
        waived = [f"{waiver.id}: {waiver.reason}" for waiver in decision.waivers]
        verdict = "[green]open[/]" if decision else "[red]closed[/]"
        table.add_row(section, ", ".join(asked.policy.keys_of(section)), verdict, escape("\n".join(why or waived)))
    told = {section.value: decision.to_dict(asked.order) for section, decision in sections.items()}
    _answer(asked, {"sections": told}, table, *_note_lines(asked.order))


@_asks("ORDER")
def next_(asked: Question) -> NoReturn:
    r"""Say which statuses may follow the present one of the order in ORDER.

    \b
    Example:
      orderrules next --platform awal order.json
    """
    statuses = asked.policy.next_statuses(asked.order)
    found = None if statuses is None else [status for status in _statuses(asked.name) if status in statuses]
    line = "the page documents no transitions" if found is None else ", ".join(found) or "nothing may follow"
    _answer(asked, {"statuses": found, "notes": list(notes_on(asked.order))}, line, *_note_lines(asked.order))


@_asks("ORDER PATCH")
def split(asked: Question) -> NoReturn:
    r"""Part the update in PATCH into the largest part that may be sent for the order in ORDER, and the rest.

    \b
    Example:
      orderrules split --platform salla order.json update.json

    Exit status: 0 when all of it may be sent, 1 when some may not, 2 trouble.
    """
    parts = asked.policy.split(asked.order, asked.patch)
    bodies = {"allowed": write_body(parts.allowed), "refused": write_body(parts.refused)}
    lines = [line for role, body in bodies.items() for line in (f"{role}:", _json(body).rstrip())]
    _answer(
        asked,
        {**bodies, "decision": parts.decision.to_dict(asked.order)},
        *map(escape, lines),
        *_decision_lines(parts.decision, asked.order),
        status=ALLOWED if parts.decision else REFUSED,
    )


@_asks("ORDER GOAL")
def plan(asked: Question) -> NoReturn:
    r"""Find the shortest sequence of updates after which the order in ORDER holds everything that GOAL asks.

    GOAL is a body like that of an update.

    \b
    Example:
      echo '{"status": "completed"}' | orderrules plan --platform awal order.json -

    Exit status: 0 when there is a way, 1 when there is none, 2 trouble.
    """
    found = asked.policy.plan(asked.order, asked.patch)
    steps = [write_body(step) for step in found.steps]
    lines = [f"{number}. {json.dumps(step, ensure_ascii=False)}" for number, step in enumerate(steps, 1)]
    blocked = found.blocked
    if blocked is not None:
        lines = ["there is no way:"]
    _answer(
        asked,
        {"steps": steps, "blocked": None if blocked is None else blocked.to_dict(asked.order)},
        *map(escape, lines or ["nothing is left to do"]),
        *(() if blocked is None else _decision_lines(blocked, asked.order)),
        status=ALLOWED if found else REFUSED,
    )


@_asks("ORDER PATCH")
def advise(asked: Question) -> NoReturn:
    r"""Say what is worth saying about the update in PATCH, and refuses nothing.

    \b
    Example:
      orderrules advise --platform awal order.json update.json
    """
    advice = asked.policy.advise(asked.order, asked.patch)
    _answer(asked, {"advice": _advice(advice)}, *(map(str, advice) if advice else ["nothing to say"]))


@_asks("PATCH")
def guard(asked: Question) -> NoReturn:
    r"""Say for which orders the update in PATCH is allowed.

    \b
    Example:
      orderrules guard --platform salla update.json
    """
    condition = asked.policy.guard(asked.patch)
    _answer(
        asked,
        {"condition": str(condition)},
        {"ever": "whatever the order is", "never": "for no order"}.get(str(condition), str(condition)),
    )


def _statuses(name: str) -> list[StrEnum]:
    """List the statuses of a platform, in the order of its page."""
    return list(salla.Status if name == "salla" else awal.Status)


def _advice(advice: Iterable[Advice]) -> list[dict[str, object]]:
    return [{"advice": entry.id, "message": entry.message, "keys": list(entry.keys)} for entry in advice]


class Answered(Exception):  # noqa: N818 - it is no error.
    """The end of a command: what it prints, and the status it leaves with."""

    def __init__(self, shown: str, status: int) -> None:
        self.shown = shown
        self.status = status
        super().__init__(shown, status)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; whatever goes wrong leaves with the status of trouble, and says so in a line."""
    status = TROUBLE
    try:
        # What cannot be encoded is escaped, where the stream is one that can do so.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        status = _run(arguments)
        # A stream that was closed is None, and nothing can be said on it.
        if sys.stdout is None:
            status = TROUBLE
        else:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
    except (click.Abort, KeyboardInterrupt):
        click.echo("orderrules: interrupted", err=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is trouble, and no refusal.
        # Where whoever read has left, there is no one to tell.
        if not isinstance(error, BrokenPipeError):
            with contextlib.suppress(Exception):
                click.echo(f"orderrules: {str(error) or type(error).__name__}", err=True)
        if isinstance(error, OSError):
            _let_go_of_output()
        status = TROUBLE
    sys.exit(status)


def _let_go_of_output() -> None:
    """See that Python, when it shuts a stream that took nothing, does not leave with a status of its own."""
    with contextlib.suppress(Exception):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: Sequence[str] | None) -> int:
    try:
        app.main(arguments, prog_name="orderrules", standalone_mode=False)
    except Answered as answer:
        if sys.stdout is not None:
            sys.stdout.write(answer.shown)
        return answer.status
    return ALLOWED


def _json(told: object) -> str:
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    return json.dumps(told, ensure_ascii=not unicode, indent=2) + "\n"


def _bytes(path: str, limit: int) -> bytes:
    with click.open_file(path, "rb") as file:
        # One more than is read at most, so that what is too large is known to be, and no more is held.
        content: bytes = file.read(limit + 1)
        return content


def _policy(name: str, readings: dict[str, Any]) -> Policy[Any, Any]:
    """Give the policy of a platform under the readings that were chosen."""
    chosen = {keyword: value for keyword, value in readings.items() if value is not None and value != ()}
    strangers = [keyword for keyword in chosen if keyword not in _READINGS[name]]
    if strangers:
        options = ", ".join(f"--{keyword.replace('_', '-')}" for keyword in strangers)
        message = f"{options}: no reading of {name}"
        raise click.UsageError(message)
    for keyword in _FAMILIES.keys() & chosen.keys():
        chosen[keyword] = {
            status
            for word in chosen[keyword]
            for status in (_FAMILIES[keyword] if word == "family" else [salla.Status(word)])
        }
    return salla.policy(**chosen) if name == "salla" else awal.policy(**chosen)


def _question(  # noqa: PLR0913 - what the command line gives.
    name: str, form: str, order: str, patch: str, *, guest: bool, readings: dict[str, Any]
) -> Question:
    """Read what a command was given; say the problems of all of it where something cannot be read."""
    policy = _policy(name, readings)
    if order == patch == "-":
        raise click.UsageError("only one of both can be standard input")
    if guest and name != "salla":
        raise click.UsageError(f"--guest says nothing of {name}")
    readers: dict[str, tuple[str, int, Callable[[bytes], object]]] = {}
    if order:
        read_order = functools.partial(salla.read_order, guest=guest) if name == "salla" else awal.read_order
        readers["order"] = (order, ORDER_LIMITS.size, read_order)
    if patch:
        readers["patch"] = (patch, UPDATE_LIMITS.size, salla.read_patch if name == "salla" else awal.read_patch)
    given = {role: _bytes(path, limit) for role, (path, limit, _) in readers.items()}
    found: dict[str, Any] = {}
    unread: dict[str, InvalidInput] = {}
    for role, (_, _, reader) in readers.items():
        try:
            found[role] = reader(given[role])
        except InvalidInput as error:
            unread[role] = error
    if form == "json" and unread:
        raise Answered(
            _json(
                {
                    "platform": name,
                    "problems": list(_problems(unread)),
                    "more": sum(error.more for error in unread.values()),
                }
            ),
            TROUBLE,
        )
    for role, trouble in unread.items():
        path = readers[role][0]
        click.echo(f"{'standard input' if path == '-' else path}: {trouble}", err=True)
    if unread:
        raise Answered("", TROUBLE)
    return Question(name, form, policy, found.get("order"), found.get("patch"))


def _problems(errors: dict[str, InvalidInput]) -> Iterable[dict[str, str]]:
    for role, error in errors.items():
        for problem in error.problems:
            yield {
                "input": role,
                "pointer": problem.pointer,
                "code": problem.code.value,
                "message": problem.message,
                "hint": problem.hint,
            }


def _decision_table(asked: Question, decision: Decision) -> Table | str:
    """Draw a decision, rule by rule."""
    policy, patch = asked.policy, asked.patch
    table = Table(
        "section", "keys", "rule", "verdict", title=f"{policy.name}: update of an order", title_justify="left"
    )
    unwaived = policy.without(*(waiver.id for waiver in policy.waivers)).can_update(asked.order, patch)
    closed = {violation.rule.id for violation in unwaived.violations}
    shut = "[red]closed[/]" if decision.violations else "[yellow]waived[/]"
    for section in patch.sections:
        keys = ", ".join(key for key in policy.keys_of(section) if key in patch.keys)
        governing = [rule.id for rule in policy.rules if rule.section is section]
        for rule in governing:
            table.add_row(section, keys, rule, shut if rule in closed else "[green]open[/]")
        if not governing:
            table.add_row(section, keys, "-", "[green]open[/], no rule")
    return table if table.row_count else "the update changes nothing"


def _note_lines(order: Any) -> list[str]:  # noqa: ANN401 - of either platform.
    """Write what is to be noted about an order."""
    return [escape(f"note: {note}") for note in notes_on(order)]


def _decision_lines(decision: Decision, order: Any) -> list[str]:  # noqa: ANN401 - of either platform.
    """Write a decision line by line, the verdict in colour."""
    first, *lines = decision.explain(order).splitlines()
    return [f"[bold {'green' if decision else 'red'}]{first}[/]", *map(escape, lines)]


def _answer(asked: Question, told: dict[str, object], *shown: Table | str, status: int = ALLOWED) -> NoReturn:
    """End a command with its answer, as JSON or as text."""
    if asked.form == "json":
        raise Answered(_json({"platform": asked.name, **told}), status)
    console = Console(highlight=False, emoji=False)
    with console.capture() as written:
        for part in shown:
            console.print(part, soft_wrap=isinstance(part, str))
    raise Answered(written.get(), status)


if __name__ == "__main__":
    main()
