"""The command ``audit``: check one update against every order in a file.

``orderrules.audit.run`` does the work. This module reads the options, and prints the result as text or JSON.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from orderrules.audit.counts import few, refused_by
from orderrules.audit.files import COMPRESSED, UnusableError, output_path
from orderrules.cli import app as _app
from orderrules.cli import order_commands as _orders
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, REFUSED, TROUBLE, Answered, to_json
from orderrules.grammar.condition_json import condition_to_json
from orderrules.languages.sentences import group_thousands
from orderrules.reading.problems import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orderrules.audit.counts import Tally
    from orderrules.audit.run import Survey
    from orderrules.cli.order_commands import Question
    from orderrules.grammar.conditions import Fact

_KINDS: Final = ("parquet", "csv", "jsonl")
_SUFFIXES: Final = {".pq": "parquet", ".tsv": "csv", ".ndjson": "jsonl", **{f".{kind}": kind for kind in _KINDS}}
_MAX_ROWS: Final = 5
"""How many unreadable rows are printed with their problems."""


def audit() -> None:
    r"""Check the update in PATCH against every order in ORDERS.

    The result is a table: how many orders of each status allow the update, and how many each rule refuses.

    ORDERS is a Parquet, CSV or JSON lines file of any size, with one order in each row. CSV and JSON lines may be
    compressed with gzip, bzip2, xz or zstd. PATCH is the JSON body of the update. Either can be - for standard input,
    but not a Parquet file. If ORDERS is -, give --orders-as or --payloads too.

    The rules read these facts, each from the column of its name or from the one that --order-columns gives. A column
    is needed only if the rules for this update read it; status is always needed.

    \b
    status    the slug as text; empty or any other text is an unknown status
    draft     (Salla) true/false, yes/no, t/f, y/n or 1/0; empty means false
    customer  (Salla) none, guest, registered or "not shown"; empty means none

    With --payloads, each line is a whole order as the API returns it, and there are no columns.

    Rows that cannot be read are counted, and the first of them printed with their problems. --rejected writes all of
    them to a file. An output file appears when the audit is complete; if the audit cannot finish, none is written.

    \b
    Examples:
      orderrules audit --platform salla orders.parquet courier.json
      orderrules audit --platform salla \
          --order-columns status=slug,draft=,id=order_id \
          --verdicts verdicts.parquet --rejected rejected.jsonl \
          orders.csv courier.json
      orderrules audit --platform salla --order-columns status=status.slug \
          orders.parquet courier.json
      orderrules audit --platform awal --payloads answers.jsonl.gz update.json

    Exit status: 0 all orders allow the update, 1 some do not, 2 error (also if some rows could not be read, or the
    file has no orders).
    """


def _run(  # noqa: PLR0913 - one parameter for each option.
    name: str | None,
    place: str | None,
    form: str,
    *,
    orders: str,
    patch: str,
    order_columns: tuple[str, ...],
    orders_as: str | None,
    delimiter: str | None,
    payloads: bool,
    verdicts: str | None,
    rejected: str | None,
    picture: str | None,
    **assumptions: Any,  # noqa: ANN401 - the values that click parsed.
) -> NoReturn:
    policy = _app.choose_policy(name, place, assumptions)
    if orders == patch == "-":
        raise click.UsageError("only one of ORDERS and PATCH can be standard input")
    kind = _kind(orders, orders_as, delimiter, payloads=payloads)
    paths = {"verdicts": verdicts, "rejected": rejected, "picture": picture}
    try:
        outputs = {
            role: output_path(path, orders, patch, *(other for also, other in paths.items() if also != role))
            for role, path in paths.items()
            if path is not None
        }
    except UnusableError as error:
        raise click.UsageError(str(error)) from error
    question = _orders.question(policy, form, "", patch, guest=False)
    try:
        from orderrules.audit.rows import Wanted
        from orderrules.audit.run import Survey
    except ImportError as error:
        raise click.UsageError(f"audit needs extra dependencies: pip install 'orderrules[audit]' ({error})") from error
    survey = Survey(
        policy,
        question.patch,
        orders,
        kind,
        payloads,
        delimiter or ("\t" if ".tsv" in Path(orders).suffixes[-2:] else ","),
        Wanted(*_wanted_columns(question, order_columns, payloads=payloads)),
        _app.order_reader(policy, guest=False),
        outputs,
    )
    console = Console(stderr=True)
    where = "standard input" if orders == "-" else orders
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("auditing", total=None)
            tally = survey.run(
                lambda tally: _headline(survey, tally),
                lambda done, total: bar.update(task, completed=done, total=total),
            )
    except UnusableError as error:
        raise click.UsageError(f"{where}: {escape_unprintable(str(error))}") from error
    if not tally.orders and not tally.unread:
        click.echo(f"{where}: there are no orders", err=True)
    status = TROUBLE if tally.unread or not tally.orders else ALLOWED if tally.allowed == tally.orders else REFUSED
    raise Answered(to_json(_answer_data(survey, tally)) if form == "json" else _draw_answer(survey, tally), status)


def _kind(orders: str, option: str | None, delimiter: str | None, *, payloads: bool) -> str:
    """Return the type of the file of orders.

    Args:
        orders: the path.
        option: the value of ``--orders-as``.
        delimiter: the value of ``--delimiter``.
        payloads: whether ``--payloads`` was given.

    Raises:
        click.UsageError: the type is not known, or the options do not fit it.
    """
    plain = Path(orders).with_suffix("") if Path(orders).suffix.lower() in COMPRESSED else Path(orders)
    kind = option or _SUFFIXES.get(plain.suffix.lower(), "jsonl" if payloads else None)
    if kind is None:
        raise click.UsageError(f"{orders}: unknown type of file; give --orders-as with one of {', '.join(_KINDS)}")
    if kind == "parquet" and not Path(orders).is_file():
        raise click.UsageError("Parquet is read from a regular file only: its index is at its end")
    if payloads and kind != "jsonl":
        raise click.UsageError(f"--payloads expects a file of JSON lines, got {kind}")
    if delimiter is not None and (kind != "csv" or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise click.UsageError("--delimiter is for CSV only: one character that is not a quote or a line break")
    return kind


def _wanted_columns(
    question: Question, options: tuple[str, ...], *, payloads: bool
) -> tuple[tuple[Fact, ...], dict[str, str], str | None]:
    """Return what is read from a row: the facts, the columns of those that have one, and the column of the id.

    The facts are the status, those that the update's rules read, and those that ``--order-columns`` names.

    Args:
        question: the policy and the update.
        options: the values of ``--order-columns``.
        payloads: whether ``--payloads`` was given.

    Raises:
        click.UsageError: an option is malformed, or names something twice or something unknown.
    """
    facts = question.policy.order_type.__space__.facts
    known = [*(fact.attribute for fact in facts), "id"]
    # A comma separates two pairs only if a known name and "=" follow: the name of a column may hold commas.
    separator = re.compile(rf", *(?=(?:{'|'.join(known)})=)")
    named: dict[str, str] = {}
    for pair in (pair for option in options for pair in separator.split(option)):
        attribute, equals, column = pair.partition("=")
        if not equals or attribute not in known or attribute in named:
            hint = "this one is repeated" if attribute in named else f"FACT is one of {', '.join(known)}"
            raise click.UsageError(f"--order-columns {pair}: expected FACT=COLUMN, each fact once; {hint}")
        named[attribute] = column
    if payloads and named:
        raise click.UsageError("--payloads and --order-columns cannot be used together: payloads have no columns")
    read = question.policy.guard(question.patch).facts
    chosen = tuple(fact for fact in facts if fact is facts[0] or fact in read or fact.attribute in named)
    columns = {fact.attribute: named.get(fact.attribute, fact.attribute) for fact in chosen}
    return chosen, {attribute: column for attribute, column in columns.items() if column}, named.get("id") or None


def _headline(survey: Survey, tally: Tally) -> str:
    if tally.unread and not tally.orders:
        return f"{survey.policy.name}: no order could be read"
    return (
        f"{survey.policy.name}: "
        f"{group_thousands(tally.allowed)} of {group_thousands(tally.orders)} orders allow the update"
    )


def _rules(survey: Survey) -> list[str]:
    return [rule.id for rule in survey.policy.guards(survey.patch)]


def _answer_data(survey: Survey, tally: Tally) -> dict[str, object]:
    """Return the answer as JSON-ready data."""
    rules, guard = _rules(survey), survey.policy.guard(survey.patch)
    return {
        "platform": survey.policy.name,
        "edition": survey.policy.edition,
        "digest": survey.policy.digest(),
        "condition": condition_to_json(guard),
        "when": str(guard),
        "orders": tally.orders,
        "allowed": tally.allowed,
        "refused": tally.orders - tally.allowed,
        "unread": tally.unread,
        "rules": {rule: tally.refused_by(rule) for rule in rules},
        "statuses": [
            {
                "status": tally.value_of(label),
                "named": label in tally.named,
                "orders": verdicts.total(),
                "allowed": verdicts[""],
                "rules": {rule: refused for rule in rules if (refused := refused_by(rule, verdicts))},
            }
            for label, verdicts in tally.statuses()
        ],
        "problems": [
            {survey.place: apart.place, **problem.to_dict()}
            for apart in tally.apart
            for problem in apart.error.problems
        ],
        "more": tally.unread - len(tally.apart),
        "assumptions": [assumption.id for assumption in survey.assumptions],
        "not_given": [parameter.name for parameter in survey.policy.parameters_of(*survey.patch.sections)],
        "written": {role: str(path) for role, path in survey.outputs.items()},
    }


def _draw_answer(survey: Survey, tally: Tally) -> str:
    """Return the answer as text: a table and notes."""
    rules = _rules(survey)
    rows = [
        (label, [verdicts.total(), verdicts[""], *(refused_by(rule, verdicts) for rule in rules)])
        for label, verdicts in few(tally.statuses())
    ]
    rows.append(("all", [tally.orders, tally.allowed, *map(tally.refused_by, rules)]))
    heads = ("status", "orders", "allowed", *(f"refused by {rule}" for rule in rules))
    table = _app.draw_table(
        _headline(survey, tally),
        heads,
        [(label, *map(group_thousands, numbers)) for label, numbers in rows],
        numbers=True,
    )
    condition = str(survey.policy.guard(survey.patch))
    open_for = {"always": "for every order", "never": "for no order"}.get(condition, f"while {condition}")
    return table + _app.draw(*map(escape, [f"allowed {open_for}", *_footnotes(survey, tally)]))


def _footnotes(survey: Survey, tally: Tally) -> Iterator[str]:
    """Yield the assumptions that the answer rests on, the rows that could not be read, and the files written."""
    for assumption in survey.assumptions:
        yield f"rests on {assumption.id}: {assumption.answer}"
    for parameter in survey.policy.parameters_of(*survey.patch.sections):
        yield f"note: {parameter.name} is not given: an order that some value of it allows counts as allowed"
    if tally.unlisted:
        yield (
            f"note: orders with an unknown status or none: {group_thousands(tally.unlisted)}; "
            "an unknown status is shown in quotes"
        )
    if tally.unread:
        where = "see the file of --rejected" if "rejected" in survey.outputs else "to keep them, give --rejected FILE"
        yield f"{group_thousands(tally.unread)} row{'s' * (tally.unread != 1)} could not be read; {where}"
        for apart in tally.apart[:_MAX_ROWS]:
            yield f"  {survey.place} {group_thousands(apart.place)}: {'; '.join(map(str, apart.error.problems))}"
        if tally.unread > _MAX_ROWS:
            yield f"  and {group_thousands(tally.unread - _MAX_ROWS)} more"
    for role, path in survey.outputs.items():
        yield f"{role}: {path}"


_app.add_command(
    audit,
    _run,
    [
        click.Argument(["orders"], type=FILE),
        click.Argument(["patch"], type=FILE),
        _app.platform_option(),
        _app.POLICY,
        click.Option(
            ["--order-columns"],
            multiple=True,
            metavar="FACT=COLUMN,…",
            help="Read FACT, or the order's id, from COLUMN; FACT= means that no column has it. In Parquet, COLUMN may "
            "be a field of a struct, such as status.slug. Repeatable.",
        ),
        click.Option(
            ["--orders-as"],
            type=click.Choice(_KINDS),
            help="The type of the file ORDERS.  [default: from its name]",
        ),
        click.Option(["--delimiter"], help="The character between fields of CSV.  [default: a comma; a tab for .tsv]"),
        click.Option(["--payloads"], is_flag=True, help="Each line of ORDERS is an order as the API returns it."),
        click.Option(["--verdicts"], metavar="FILE", help="Write Parquet: the line, facts and verdict of each order."),
        click.Option(
            ["--rejected"], metavar="FILE", help="Write JSON lines: each row that cannot be read, with its problems."
        ),
        click.Option(
            ["--picture"], metavar="FILE", help="Write an SVG chart: a bar for each status, divided by verdict."
        ),
        _app.format_option("text", "json"),
        *ASSUMPTIONS,
    ],
)
