"""The commands about one order or one update: check, editable, next, split, plan, advise and guard.

``_asks`` makes a command of a function that takes a ``Question`` and raises ``Answered``.
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
from orderrules.engine.decision_table import table_of
from orderrules.grammar.condition_json import condition_to_json
from orderrules.languages.sentences import ENGLISH, Language, join_words, render, translate
from orderrules.reading.bodies import write_body
from orderrules.reading.limits import ORDER_LIMITS, UPDATE_LIMITS
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from enum import StrEnum

    from orderrules.engine.decision import Decision
    from orderrules.policy.policy import Policy


def _asks(about: str, *others: click.Parameter) -> Callable[[Callable[[Question], NoReturn]], click.Command]:
    """Make a command of a function that answers a question.

    Args:
        about: the arguments of the command: ``ORDER``, ``PATCH``, or ``ORDER`` and a name for the patch.
        others: further arguments and options.
    """

    def make(answer: Callable[[Question], NoReturn]) -> click.Command:
        def run(  # noqa: PLR0913 - one parameter for each option.
            name: str | None,
            place: str | None,
            form: str,
            *,
            guest: bool = False,
            order: str = "",
            patch: str = "",
            key: str | None = None,
            action: str = "",
            language: Language = ENGLISH,
            **assumptions: Any,  # noqa: ANN401 - the values that click parsed.
        ) -> None:
            policy = _app.choose_policy(name, place, assumptions)
            asked = question(policy, form, order, patch, guest=guest, language=language)
            answer(attrs.evolve(asked, key=key, action=action))

        words = about.split()
        parameters: list[click.Parameter] = [
            *([click.Argument(["order"], type=FILE)] if "ORDER" in words else []),
            *([click.Argument(["patch"], type=FILE, metavar=words[-1])] if words[-1] != "ORDER" else []),
            _app.platform_option(),
            _app.POLICY,
            *([_app.guest_option()] if "ORDER" in words else []),
            _app.format_option("text", "json", "jsonl"),
            _app.language_option(),
            *others,
            *ASSUMPTIONS,
        ]
        return _app.add_command(answer, run, parameters)

    return make


@attrs.frozen
class Question:
    """The policy, order and update that a command is about.

    Attributes:
        name: the name of the policy's platform.
        form: the output format.
        policy: the policy.
        order: the order, or None if the command takes none.
        patch: the update, or None if the command takes none.
        key: the body key of the status that is asked about; None for the first.
        action: the action that is asked about.
        language: the language of the answer.
    """

    name: str
    form: str
    policy: Policy[Any, Any]
    order: Any
    patch: Any
    key: str | None = None
    action: str = ""
    language: Language = ENGLISH

    def say(self, code: str, **parameters: str) -> str:
        """Return what a command says around a decision, in the language of the question."""
        return render(self.language, "ANSWERS", code, **parameters)

    @property
    def draws_tables(self) -> bool:
        """Whether an answer may have tables: those of a terminal put cells in order from left to right."""
        return self.language.DIRECTION == "ltr"


@_asks("ORDER PATCH")
def check(question: Question) -> NoReturn:
    r"""Check whether the order in ORDER may be updated with PATCH.

    ORDER is an order as the API returns it: bare, in its envelope, or in a webhook. PATCH is the body of the update.
    Each is a JSON file, or - for standard input.

    Options such as --completed change how an unclear point of the platform's documentation is read. Their help gives
    the id of the assumption; orderrules explain ID shows it.

    \b
    Examples:
      orderrules check --platform salla order.json update.json
      orderrules check --platform salla --completed family order.json update.json
      curl -s .../orders/1 | orderrules check --platform awal - update.json

    Exit status: 0 allowed, 1 refused, 2 error (unreadable input or wrong usage).
    """
    decision = question.policy.can_update(question.order, question.patch)
    advice = question.policy.advise(question.order, question.patch)
    _answer(
        question,
        {
            **decision.to_dict(question.order, question.patch, language=question.language),
            "advice": [entry.to_dict(language=question.language) for entry in advice],
        },
        *_decision_lines(question, decision),
        *(escape(f"  {entry.render(question.language)}") for entry in advice),
        table=_decision_table(question, decision) if question.draws_tables else "",
        status=ALLOWED if decision else REFUSED,
    )


@_asks("ORDER", click.Argument(["action"]))
def can(question: Question) -> NoReturn:
    r"""Check whether something other than an update may be done to the order in ORDER.

    ACTION is the name of an action, such as cancel; orderrules table actions lists them. What a store's settings decide
    is given with --given.

    \b
    Examples:
      orderrules can --platform salla order.json cancel
      orderrules can --platform salla --given store_allows_cancellation=no order.json cancel

    Exit status: 0 possible, 1 refused, 2 error (unreadable input or wrong usage).
    """
    decision = question.policy.can(question.order, question.action)
    _answer(
        question,
        decision.to_dict(question.order, question.action, language=question.language),
        *_decision_lines(question, decision),
        status=ALLOWED if decision else REFUSED,
    )


@_asks("ORDER")
def editable(question: Question) -> NoReturn:
    r"""Show which sections of the order in ORDER may be changed now.

    A section is a group of body keys. For each closed section, the table gives the rule and the reason.

    \b
    Example:
      orderrules editable --platform salla order.json
    """
    sections = question.policy.editable(question.order)
    decisions = {
        section.value: decision.to_dict(question.order, language=question.language)
        for section, decision in sections.items()
    }
    if not question.draws_tables:
        lines = [line for section, decision in sections.items() for line in _section_lines(question, section, decision)]
        _answer(question, {"sections": decisions}, *lines, *_note_lines(question))
    rows: list[list[str]] = []
    for section, decision in sections.items():
        reasons = [
            f"{violation.rule.id}: {violation.actual}; {violation.expected}" for violation in decision.violations
        ]
        waivers = [f"{waiver.id}: {waiver.reason}" for waiver in decision.waivers]
        verdict = "[green]open[/]" if decision else "[red]closed[/]"
        keys = ", ".join(question.policy.keys_of(section))
        rows.append([section, escape(keys), verdict, escape("\n".join(reasons or waivers))])
    title = f"{question.policy.name}: what may be changed"
    table = _app.draw_table(title, ("section", "keys", "verdict", "why"), rows, marked=True)
    _answer(question, {"sections": decisions}, *_note_lines(question), table=table)


def _section_lines(question: Question, section: StrEnum, decision: Decision) -> list[str]:
    """Return the lines about one section, for a language without tables."""
    language, policy = question.language, question.policy
    verdict = question.say("open" if decision else "closed")
    title, keys = policy.title_of(section), join_words(policy.keys_of(section), "list", language)
    entries = [entry.render(language) for entry in decision.violations]
    entries += [waiver.render(language) for waiver in decision.waivers]
    return [escape(question.say("section", title=title, keys=keys, verdict=verdict))] + [
        escape(f"  {entry}") for entry in entries
    ]


@_asks("ORDER", _app.key_option())
def next_(question: Question) -> NoReturn:
    r"""List the statuses that the order in ORDER may have next.

    Standard output has one status in each line and nothing else. Notes go to standard error, for example that the
    platform documents no transitions.

    \b
    Example:
      orderrules next --platform awal order.json
    """
    statuses = question.policy.next_statuses(question.order, question.key)
    facts = table_of(question.policy).status_facts(question.key)
    following = None
    if statuses is not None and facts is not None:
        following = [str(value) for value in facts[1].values if value in statuses]
    notes = list(notes_on(question.order))
    if question.form == "text":
        none = question.say("no_transitions" if following is None else "no_status")
        for note in [*([] if following else [none]), *(note.render(question.language) for note in notes)]:
            click.echo(note, err=True)
    told = [note.to_dict(language=question.language) for note in notes]
    _answer(question, {"statuses": following, "notes": told}, *map(escape, following or ()))


@_asks("ORDER PATCH")
def split(question: Question) -> NoReturn:
    r"""Split the update in PATCH into an allowed part and a refused part.

    The allowed part is the largest one that the order in ORDER allows.

    \b
    Example:
      orderrules split --platform salla order.json update.json

    Exit status: 0 all of it is allowed, 1 some is refused, 2 error.
    """
    parts = question.policy.split(question.order, question.patch)
    data = parts.to_dict(question.order, question.patch, language=question.language)
    roles = {"allowed": "allowed_part", "refused": "refused_part"}
    lines = [line for role, code in roles.items() for line in (question.say(code), to_json(data[role]).rstrip())]
    _answer(
        question,
        data,
        *map(escape, lines),
        *_decision_lines(question, parts.decision),
        status=ALLOWED if parts.decision else REFUSED,
    )


@_asks("ORDER GOAL")
def plan(question: Question) -> NoReturn:
    r"""Find the shortest sequence of updates from ORDER to GOAL.

    GOAL is written like the body of an update: the values that the order should have in the end.

    \b
    Example:
      echo '{"status": "completed"}' > goal.json
      orderrules plan --platform awal order.json goal.json

    Exit status: 0 a sequence was found, 1 there is none, 2 error.
    """
    result = question.policy.plan(question.order, question.patch)
    steps = enumerate(map(write_body, result.steps), 1)
    lines = [f"{number}. {json.dumps(step, ensure_ascii=False)}" for number, step in steps]
    blocked = result.blocked
    if blocked is not None:
        lines = [question.say("no_sequence")]
    _answer(
        question,
        result.to_dict(question.order, language=question.language),
        *map(escape, lines or [question.say("nothing_to_do")]),
        *(() if blocked is None else _decision_lines(question, blocked)),
        status=ALLOWED if result else REFUSED,
    )


@_asks("ORDER PATCH")
def advise(question: Question) -> NoReturn:
    r"""Show advice about updating the order in ORDER with PATCH.

    Advice points out a likely mistake, such as a status that the order already has. It refuses nothing.

    \b
    Example:
      orderrules advise --platform awal order.json update.json
    """
    advice = question.policy.advise(question.order, question.patch)
    _answer(
        question,
        {"advice": [entry.to_dict(language=question.language) for entry in advice]},
        *[escape(entry.render(question.language)) for entry in advice] or [question.say("no_advice")],
    )


@_asks("PATCH")
def guard(question: Question) -> NoReturn:
    r"""Show the condition under which the update in PATCH is allowed.

    \b
    Example:
      orderrules guard --platform salla update.json
    """
    condition = question.policy.guard(question.patch)
    text = condition.render(question.language)
    ends = {"always": "for_every_order", "never": "for_no_order"}
    shown = question.say(ends[str(condition)]) if str(condition) in ends else text
    _answer(question, {"condition": condition_to_json(condition), "when": text}, escape(shown))


def question(  # noqa: PLR0913 - the values of the options.
    policy: Policy[Any, Any], form: str, order: str, patch: str, *, guest: bool, language: Language = ENGLISH
) -> Question:
    """Read the files of a command.

    Args:
        policy: the policy that the command is about.
        form: the output format, also of problems.
        order: the path of the order, or ``""`` if the command takes none.
        patch: the path of the update, or ``""`` if the command takes none.
        guest: whether the order's customer is a guest.
        language: the language of the answer, also of problems.

    Raises:
        Answered: a file cannot be read; the problems of all files are reported.
        click.UsageError: both are standard input.
    """
    name = policy.name
    if order == patch == "-":
        raise click.UsageError("only one of the two files can be standard input")
    readers: dict[str, tuple[str, int, Callable[[bytes], object]]] = {}
    if order:
        readers["order"] = (order, ORDER_LIMITS.size, _app.order_reader(policy, guest=guest))
    if patch:
        readers["patch"] = (patch, UPDATE_LIMITS.size, _app.endpoint_of(policy).read_patch)
    parts: dict[str, Any] = {}
    unread: dict[str, InvalidInput] = {}
    for role, (path, limit, reader) in readers.items():
        try:
            parts[role] = reader(_app.read_bytes(path, limit))
        except InvalidInput as error:
            unread[role] = error
    if form != "text" and unread:
        raise Answered(
            to_json(
                {
                    "platform": name,
                    "what": join_words((translate(error.what, language) for error in unread.values()), "and", language),
                    "problems": list(_problems(unread, language)),
                    "more": sum(error.more for error in unread.values()),
                },
                indent=None if form == "jsonl" else 2,
            ),
            TROUBLE,
        )
    for role, trouble in unread.items():
        report_problems(readers[role][0], trouble, language)
    if unread:
        raise Answered("", TROUBLE)
    return Question(name, form, policy, parts.get("order"), parts.get("patch"), language=language)


def _problems(errors: dict[str, InvalidInput], language: Language) -> Iterable[dict[str, object]]:
    for role, error in errors.items():
        for problem in error.problems:
            yield {"input": role, **problem.to_dict(language=language)}


def _decision_table(question: Question, decision: Decision) -> str:
    """Return a table of the rules that govern the update, each with its verdict."""
    policy, patch = question.policy, question.patch
    unwaived = policy.without(*(waiver.id for waiver in policy.waivers)).can_update(question.order, patch)
    closed = {violation.rule.id for violation in unwaived.violations}
    refusal = "[red]closed[/]" if decision.violations else "[yellow]waived[/]"
    rows: list[list[str]] = []
    for section in patch.sections:
        keys = escape(", ".join(key for key in policy.keys_of(section) if key in patch.keys))
        governing = [rule.id for rule in policy.rules if rule.section is section]
        rows += [[section, keys, rule, refusal if rule in closed else "[green]open[/]"] for rule in governing]
        if not governing:
            rows.append([section, keys, "-", "[green]open[/], no rule"])
    if not rows:
        return "the update changes nothing\n"
    title = f"{policy.name}: update of an order"
    return _app.draw_table(title, ("section", "keys", "rule", "verdict"), rows, marked=True)


def _note_lines(question: Question) -> list[str]:
    """Return the notes about an order, as lines of markup."""
    language = question.language
    notes = (note.render(language) for note in notes_on(question.order))
    return [escape(render(language, "DECISIONS", "note", note=note)) for note in notes]


def _decision_lines(question: Question, decision: Decision) -> list[str]:
    """Return the explanation of a decision, as lines of markup; the verdict is coloured."""
    first, *lines = decision.explain(question.order, language=question.language).splitlines()
    return [f"[bold {'green' if decision else 'red'}]{first}[/]", *map(escape, lines)]


def _answer(
    question: Question, data: dict[str, object], *lines: str, table: str = "", status: int = ALLOWED
) -> NoReturn:
    """End a command: print ``data`` as JSON, or the table and the lines as text."""
    if question.form == "text":
        raise Answered(table + _app.draw(*lines), status)
    indent = 2 if question.form == "json" else None
    raise Answered(to_json({"platform": question.name, **data}, indent), status)
