"""The commands that ask about one order: what may be done to it, what may not, and how to get there.

The module is longer than most because every command says in its help what it answers.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

import attrs
import click
from rich.markup import escape

from orderrules.cli import app as _app
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, REFUSED, TROUBLE, Answered, report_problems, to_json
from orderrules.engine.decision import notes_on
from orderrules.engine.table import table_of
from orderrules.reading.bodies import write_body
from orderrules.reading.limits import ORDER_LIMITS, UPDATE_LIMITS
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orderrules.engine.decision import Decision
    from orderrules.grammar.advice import Advice
    from orderrules.policy.policy import Policy


def _asks(about: str) -> Callable[[Callable[[Question], NoReturn]], click.Command]:
    """Make a command of a function that answers a question about an order, an update, or both."""

    def make(answer: Callable[[Question], NoReturn]) -> click.Command:
        def run(  # noqa: PLR0913 - what the command line gives.
            name: str | None,
            place: str | None,
            form: str,
            *,
            guest: bool = False,
            order: str = "",
            patch: str = "",
            **assumptions: Any,  # noqa: ANN401 - as the options give them.
        ) -> None:
            policy = _app.choose_policy(name, place, assumptions)
            answer(question(policy, form, order, patch, guest=guest))

        words = about.split()
        parameters: list[click.Parameter] = [
            *([click.Argument(["order"], type=FILE)] if "ORDER" in words else []),
            *([click.Argument(["patch"], type=FILE, metavar=words[-1])] if words[-1] != "ORDER" else []),
            _app.platform_option(),
            _app.POLICY,
            *([_app.guest_option()] if "ORDER" in words else []),
            _app.format_option("text", "json"),
            *ASSUMPTIONS,
        ]
        return _app.add_command(answer, run, parameters)

    return make


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
        *_decision_lines(decision, asked.order),
        *(escape(f"  {entry}") for entry in advice),
        table=_decision_table(asked, decision),
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
    rows: list[list[str]] = []
    for section, decision in sections.items():
        why = [f"{violation.rule.id}: {violation.actual}; {violation.expected}" for violation in decision.violations]
        waived = [f"{waiver.id}: {waiver.reason}" for waiver in decision.waivers]
        verdict = "[green]open[/]" if decision else "[red]closed[/]"
        keys = ", ".join(asked.policy.keys_of(section))
        rows.append([section, escape(keys), verdict, escape("\n".join(why or waived))])
    title = f"{asked.policy.name}: what may be changed"
    table = _app.draw_table(title, ("section", "keys", "verdict", "why"), rows, marked=True)
    told = {section.value: decision.to_dict(asked.order) for section, decision in sections.items()}
    _answer(asked, {"sections": told}, *_note_lines(asked.order), table=table)


@_asks("ORDER")
def next_(asked: Question) -> NoReturn:
    r"""Say which statuses may follow the present one of the order in ORDER: one in each line, and nothing else.

    What else there is to say, such as that the page documents no transitions, is said on standard error.

    \b
    Example:
      orderrules next --platform awal order.json
    """
    statuses = asked.policy.next_statuses(asked.order)
    followed = table_of(asked.policy).followed
    found = None if statuses is None else [str(value) for value in followed[0][1].values if value in statuses]
    notes = list(notes_on(asked.order))
    if asked.form != "json":
        none = "the page documents no transitions" if found is None else "nothing may follow"
        for note in [*([] if found else [none]), *notes]:
            click.echo(note, err=True)
    _answer(asked, {"statuses": found, "notes": notes}, *map(escape, found or ()))


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
    lines = [line for role, body in bodies.items() for line in (f"{role}:", to_json(body).rstrip())]
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


def _advice(advice: Iterable[Advice]) -> list[dict[str, object]]:
    return [{"advice": entry.id, "message": entry.message, "keys": list(entry.keys)} for entry in advice]


def question(policy: Policy[Any, Any], form: str, order: str, patch: str, *, guest: bool) -> Question:
    """Read what a command was given; say the problems of all of it where something cannot be read."""
    name = policy.name
    if order == patch == "-":
        raise click.UsageError("only one of both can be standard input")
    readers: dict[str, tuple[str, int, Callable[[bytes], object]]] = {}
    if order:
        readers["order"] = (order, ORDER_LIMITS.size, _app.order_reader(policy, guest=guest))
    if patch:
        readers["patch"] = (patch, UPDATE_LIMITS.size, _app.endpoint_of(policy).read_patch)
    found: dict[str, Any] = {}
    unread: dict[str, InvalidInput] = {}
    for role, (path, limit, reader) in readers.items():
        try:
            found[role] = reader(_app.read_bytes(path, limit))
        except InvalidInput as error:
            unread[role] = error
    if form == "json" and unread:
        raise Answered(
            to_json(
                {
                    "platform": name,
                    "problems": list(_problems(unread)),
                    "more": sum(error.more for error in unread.values()),
                }
            ),
            TROUBLE,
        )
    for role, trouble in unread.items():
        report_problems(readers[role][0], trouble)
    if unread:
        raise Answered("", TROUBLE)
    return Question(name, form, policy, found.get("order"), found.get("patch"))


def _problems(errors: dict[str, InvalidInput]) -> Iterable[dict[str, str]]:
    for role, error in errors.items():
        for problem in error.problems:
            yield {"input": role, **problem.to_dict()}


def _decision_table(asked: Question, decision: Decision) -> str:
    """Draw a decision, rule by rule."""
    policy, patch = asked.policy, asked.patch
    unwaived = policy.without(*(waiver.id for waiver in policy.waivers)).can_update(asked.order, patch)
    closed = {violation.rule.id for violation in unwaived.violations}
    shut = "[red]closed[/]" if decision.violations else "[yellow]waived[/]"
    rows: list[list[str]] = []
    for section in patch.sections:
        keys = escape(", ".join(key for key in policy.keys_of(section) if key in patch.keys))
        governing = [rule.id for rule in policy.rules if rule.section is section]
        rows += [[section, keys, rule, shut if rule in closed else "[green]open[/]"] for rule in governing]
        if not governing:
            rows.append([section, keys, "-", "[green]open[/], no rule"])
    if not rows:
        return "the update changes nothing\n"
    title = f"{policy.name}: update of an order"
    return _app.draw_table(title, ("section", "keys", "rule", "verdict"), rows, marked=True)


def _note_lines(order: Any) -> list[str]:  # noqa: ANN401 - of either platform.
    """Write what is to be noted about an order."""
    return [escape(f"note: {note}") for note in notes_on(order)]


def _decision_lines(decision: Decision, order: Any) -> list[str]:  # noqa: ANN401 - of either platform.
    """Write a decision line by line, the verdict in colour."""
    first, *lines = decision.explain(order).splitlines()
    return [f"[bold {'green' if decision else 'red'}]{first}[/]", *map(escape, lines)]


def _answer(asked: Question, told: dict[str, object], *lines: str, table: str = "", status: int = ALLOWED) -> NoReturn:
    """End a command with its answer, as JSON or as text: a table that is drawn, and lines."""
    text = to_json({"platform": asked.name, **told}) if asked.form == "json" else table + _app.draw(*lines)
    raise Answered(text, status)
