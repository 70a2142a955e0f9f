"""The command that audits: one update, asked about all the orders in a file by the guards as dataframe expressions.

It holds no rule and decides nothing itself. The module is longer than most because its options and its help say a lot.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from orderrules.audit.files import COMPRESSED, UnusableError, output_path
from orderrules.audit.tally import few, refused_by
from orderrules.cli import app as _app
from orderrules.cli import orders as _orders
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, REFUSED, TROUBLE, Answered, to_json
from orderrules.reading.problems import escape_unprintable, group_thousands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from orderrules.audit.survey import Survey
    from orderrules.audit.tally import Tally
    from orderrules.cli.orders import Question
    from orderrules.grammar.conditions import Fact

_KINDS: Final = ("parquet", "csv", "jsonl")
_SUFFIXES: Final = {".pq": "parquet", ".tsv": "csv", ".ndjson": "jsonl", **{f".{kind}": kind for kind in _KINDS}}
_TOLD: Final = 5


def audit() -> None:
    r"""Say which of the orders in ORDERS allow the update in PATCH, and which rules close the others.

    ORDERS is a file of Parquet, CSV or JSON lines with a row for each order, of any size; CSV and lines may be
    compressed (gzip, bzip2, xz, zstd), which is known by their first bytes. PATCH is the body of an update. Each can be
    - for standard input, if Parquet is not meant. What the rules read of an order is looked for in the columns that
    --order-columns names, or else in columns of those names: status, and draft and customer of Salla's, where the
    update's rules read them. With --payloads, each line is an order as the API answers it.

    \b
    status    the slug as text; what no page names counts as a status never seen, and so does none
    draft     true or false, yes or no (or their first letters), 1 or 0; none is false
    customer  none, guest, registered, or not shown; none at all is none

    Shown are the numbers of orders by status and rule. Rows that cannot be read are counted and set apart, each with
    its line and every problem; name a file for them with --rejected, so that none is lost. Files are written beside
    their places and moved there at the end, so that each is there whole or not at all.

    \b
    Examples:
      orderrules audit --platform salla orders.parquet courier.json
      orderrules audit --platform salla --order-columns status=slug,draft=,id=order_id \
          --verdicts verdicts.parquet --rejected rejected.jsonl orders.csv courier.json
      orderrules audit --platform awal --payloads answers.jsonl.gz update.json
      orderrules audit --platform salla --order-columns status=status.slug orders.parquet courier.json

    Exit status: 0 all orders allow it, 1 some do not, 2 trouble: some rows could not be read, whatever the others say,
    there is no order, or nothing could be done at all.
    """


def _run(  # noqa: PLR0913 - what the command line gives.
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
    **assumptions: Any,  # noqa: ANN401 - as the options give them.
) -> NoReturn:
    policy = _app.choose_policy(name, place, assumptions)
    if orders == patch == "-":
        raise click.UsageError("only one of both can be standard input")
    kind = _kind(orders, orders_as, delimiter, payloads=payloads)
    given = {"verdicts": verdicts, "rejected": rejected, "picture": picture}
    try:
        outputs = {
            role: output_path(path, orders, patch, *(other for also, other in given.items() if also != role))
            for role, path in given.items()
            if path is not None
        }
    except UnusableError as error:
        raise click.UsageError(str(error)) from error
    question = _orders.question(policy, form, "", patch, guest=False)
    try:
        from orderrules.audit.rows import Wanted
        from orderrules.audit.survey import Survey
    except ImportError as error:
        raise click.UsageError(f"auditing needs more: pip install 'orderrules[audit]' ({error})") from error
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
    try:
        with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
            task = bar.add_task("auditing", total=None)
            tally = survey.run(
                lambda tally: _headline(survey, tally),
                lambda done, total: bar.update(task, completed=done, total=total),
            )
    except UnusableError as error:
        where = "standard input" if orders == "-" else orders
        raise click.UsageError(f"{where}: {escape_unprintable(str(error))}") from error
    status = TROUBLE if tally.unread or not tally.orders else ALLOWED if tally.allowed == tally.orders else REFUSED
    raise Answered(to_json(_answer_data(survey, tally)) if form == "json" else _draw_answer(survey, tally), status)


def _kind(orders: str, said: str | None, delimiter: str | None, *, payloads: bool) -> str:
    """Tell what kind of file the orders are in."""
    plain = Path(orders).with_suffix("") if Path(orders).suffix.lower() in COMPRESSED else Path(orders)
    kind = said or _SUFFIXES.get(plain.suffix.lower(), "jsonl" if payloads else None)
    if kind is None:
        raise click.UsageError(f"{orders}: say what kind of file that is, with --orders-as: {', '.join(_KINDS)}")
    if kind == "parquet" and not Path(orders).is_file():
        raise click.UsageError("Parquet is read from a file, because it begins at its end")
    if payloads and kind != "jsonl":
        raise click.UsageError(f"--payloads are lines of JSON, and not {kind}")
    if delimiter is not None and (kind != "csv" or len(delimiter) != 1 or delimiter in '"\r\n'):
        raise click.UsageError("--delimiter is one character between the fields of CSV")
    return kind


def _wanted_columns(
    asked: Question, said: tuple[str, ...], *, payloads: bool
) -> tuple[tuple[Fact, ...], dict[str, str], str | None]:
    """Say what is read of a row: the status, the facts that the update's rules read, and what was named.

    That is the facts, the columns of those that have one, and the column of the id.
    """
    facts = asked.policy.order_type.__space__.facts
    known = [*(fact.attribute for fact in facts), "id"]
    parting = re.compile(rf", *(?=(?:{'|'.join(known)})=)")
    named: dict[str, str] = {}
    for pair in (pair for several in said for pair in parting.split(several)):
        attribute, equals, column = pair.partition("=")
        if not equals or attribute not in known or attribute in named:
            told = "twice" if attribute in named else f"of an order there are {', '.join(known)}"
            raise click.UsageError(f"--order-columns {pair}: say FACT=COLUMN, each once; {told}")
        named[attribute] = column
    if payloads and named:
        raise click.UsageError("--payloads have no columns to name: an order is read as the API answers it")
    read = asked.policy.guard(asked.patch).facts
    chosen = tuple(fact for fact in facts if fact is facts[0] or fact in read or fact.attribute in named)
    columns = {fact.attribute: named.get(fact.attribute, fact.attribute) for fact in chosen}
    return chosen, {attribute: column for attribute, column in columns.items() if column}, named.get("id") or None


def _headline(survey: Survey, tally: Tally) -> str:
    if tally.unread and not tally.orders:
        return f"{survey.policy.name}: no order could be read"
    return f"{survey.policy.name}: {group_thousands(tally.allowed)} of {group_thousands(tally.orders)} orders allow the update"


def _rules(survey: Survey) -> list[str]:
    return [rule.id for rule in survey.policy.guards(survey.patch)]


def _answer_data(survey: Survey, tally: Tally) -> dict[str, object]:
    """Give the answer for machines."""
    rules = _rules(survey)
    return {
        "platform": survey.policy.name,
        "edition": survey.policy.edition,
        "digest": survey.policy.digest(),
        "condition": str(survey.policy.guard(survey.patch)),
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
        "written": {role: str(path) for role, path in survey.outputs.items()},
    }


def _draw_answer(survey: Survey, tally: Tally) -> str:
    """Draw the answer for people."""
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
    open_for = {"ever": "whatever the order is", "never": "for no order"}.get(condition, f"while {condition}")
    return table + _app.draw(*map(escape, [f"allowed {open_for}", *_footnotes(survey, tally)]))


def _footnotes(survey: Survey, tally: Tally) -> Iterator[str]:
    """Say what the answer rests on, what could not be read, and what was written."""
    for assumption in survey.assumptions:
        yield f"rests on {assumption.id}: {assumption.answer}"
    if tally.unlisted:
        yield f"note: {group_thousands(tally.unlisted)} of the orders show no status that the page names; some stand in quotes"
    if tally.unread:
        where = "set apart" if "rejected" in survey.outputs else "name a file for them with --rejected"
        yield f"{group_thousands(tally.unread)} row{'s' * (tally.unread != 1)} could not be read: {where}"
        for apart in tally.apart[:_TOLD]:
            yield f"  {survey.place} {group_thousands(apart.place)}: {'; '.join(map(str, apart.error.problems))}"
        if tally.unread > _TOLD:
            yield f"  and {group_thousands(tally.unread - _TOLD)} more"
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
            help="The column that tells a fact, or the order's id; FACT= where no order has any. Repeatable.",
        ),
        click.Option(
            ["--orders-as"],
            type=click.Choice(_KINDS),
            help="What kind of file ORDERS is, where its name does not tell.",
        ),
        click.Option(
            ["--delimiter"], help="What stands between the fields of CSV.  [default: a comma; a tab for .tsv]"
        ),
        click.Option(["--payloads"], is_flag=True, help="Each line of ORDERS is an order as the API answers it."),
        click.Option(
            ["--verdicts"], metavar="FILE", help="Write a row of Parquet for each order: its place, facts and verdict."
        ),
        click.Option(
            ["--rejected"], metavar="FILE", help="Write a line of JSON for each row that cannot be read, and why."
        ),
        click.Option(["--picture"], metavar="FILE", help="Draw an SVG: a bar for each status, parted by verdict."),
        _app.format_option("text", "json"),
        *ASSUMPTIONS,
    ],
)
