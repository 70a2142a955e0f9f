"""The commands about the rules themselves: table, diagram, schema, vectors, diff, lint and explain.

``_about_policy`` makes a command of a function that takes a policy and raises ``Answered``.
"""

from __future__ import annotations

import functools
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import click
from click.shell_completion import CompletionItem
from rich.markup import escape

from orderrules.analysis import tables_and_diagrams as tables
from orderrules.analysis import vectors
from orderrules.analysis.answer_schemas import SCHEMAS as ANSWERS
from orderrules.cli import app as _app
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, REFUSED, TROUBLE, Answered, draw, to_json
from orderrules.export.rulebook_schema import RULEBOOK
from orderrules.grammar.conditions import points
from orderrules.grammar.rules import Waiver
from orderrules.reading.hints import close_to, suggest
from orderrules.reading.limits import ORDER_LIMITS
from orderrules.reading.problems import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderrules.grammar.rules import Rule
    from orderrules.policy.policy import Policy


SCHEMAS: Final = {**ANSWERS, "rulebook": RULEBOOK}
"""The schemas that are the same for all policies."""


def _about_policy(*own: click.Parameter) -> Callable[[Callable[..., NoReturn]], click.Command]:
    """Make a command of a function that answers a question about a policy.

    Args:
        own: the arguments and options of this command only.
    """

    def make(answer: Callable[..., NoReturn]) -> click.Command:
        def run(name: str | None, place: str | None, **values: Any) -> None:  # noqa: ANN401 - parsed by click.
            assumptions = {str(option.name): values.pop(str(option.name)) for option in ASSUMPTIONS}
            # Some schemas are the same for all policies.
            is_general = values.get("described") not in {None, False, "body"} and name is None and place is None
            answer(None if is_general else _app.choose_policy(name, place, assumptions), **values)

        return _app.add_command(answer, run, [*own, _app.platform_option(), _app.POLICY, *ASSUMPTIONS])

    return make


@_about_policy(
    click.Argument(["which"], type=click.Choice(list(tables.TABLES)), default="statuses", metavar="[TABLE]"),
    _app.format_option("text", "markdown", "json"),
)
def table(policy: Policy[Any, Any], which: str, form: str) -> NoReturn:
    r"""Print a table about a policy.

    TABLE is one of these:

    \b
    statuses     which sections are open in each status (the default)
    rules        the rules of each section
    fields       the body keys of an update, and their types
    actions      the rules of each action, such as cancel
    parameters   what no order shows, such as a store's settings
    waivers      the conditions under which no rule applies
    transitions  which statuses may follow each status
    assumptions  how unclear points of the documentation are read
    advice       likely mistakes that are pointed out but not refused

    \b
    Examples:
      orderrules table --platform salla
      orderrules table rules --platform awal --format markdown
    """
    printed = tables.TABLES[which](policy)
    if form == "markdown":
        raise Answered(f"{printed}\n", ALLOWED)
    if form == "json":
        raise Answered(to_json(printed.records), ALLOWED)
    rows = printed.rows()
    if which == "statuses":
        # Statuses with equal cells share a row.
        groups: dict[tuple[str, ...], list[str]] = {}
        for status, *cells in rows:
            groups.setdefault(tuple(cells), []).append(status)
        rows = [["\n".join(statuses), *cells] for cells, statuses in groups.items()]
    title = f"{policy.name}: {which}" + ": none" * (not rows)
    raise Answered(_app.draw_table(title, printed.headings, rows) if rows else f"{title}\n", ALLOWED)


@_about_policy(_app.format_option("mermaid", "dot"), _app.key_option())
def diagram(policy: Policy[Any, Any], form: str, key: str | None) -> NoReturn:
    r"""Draw the status transitions as a Mermaid or Graphviz diagram.

    \b
    Example:
      orderrules diagram --platform awal --format dot | dot -Tsvg > awal.svg
    """
    raise Answered((tables.mermaid if form == "mermaid" else tables.dot)(policy, key) + "\n", ALLOWED)


@_about_policy(
    click.Argument(["order"], type=FILE, required=False),
    click.Option(
        ["--of", "described"],
        type=click.Choice(["body", *SCHEMAS]),
        default="body",
        show_default=True,
        help="What the schema describes: the body of an update, or the JSON of a decision, of problems, of a "
        "problem document or of an exported rulebook, which are the same for all platforms.",
    ),
    _app.guest_option(),
)
def schema(policy: Policy[Any, Any] | None, order: str | None, described: str, *, guest: bool) -> NoReturn:
    r"""Write the JSON Schema (2020-12) of an update's body, a decision, problems or a rulebook.

    With ORDER, the schema describes the bodies that this order allows now.

    \b
    Examples:
      orderrules schema --platform salla > update.schema.json
      orderrules schema --platform awal order.json
      orderrules schema --of decision > decision.schema.json
    """
    if policy is None or described in SCHEMAS:
        if order is not None or guest:
            raise click.UsageError(f"--of {described} takes no ORDER: the schema is the same for all of them")
        raise Answered(to_json(SCHEMAS[described]), ALLOWED)
    if guest and order is None:
        raise click.UsageError("--guest describes an ORDER, but no ORDER is given")
    raise Answered(to_json(policy.schema(None if order is None else _read(policy, order, guest=guest))), ALLOWED)


def _read(policy: Policy[Any, Any], path: str, *, guest: bool) -> object:
    """Read an order of the policy's platform, or report its problems and end the command."""
    read_order = _app.order_reader(policy, guest=guest)
    try:
        return read_order(_app.read_bytes(path, ORDER_LIMITS.size))
    except InvalidInput as error:
        _app.report_problems(path, error)
        raise Answered("", TROUBLE) from error


@_about_policy(
    click.Option(["--schema", "described"], is_flag=True, help="Write the JSON Schema of the vectors instead.")
)
def vectors_(policy: Policy[Any, Any] | None, *, described: bool) -> NoReturn:
    r"""Write test vectors in JSON, for a service in any language.

    A test vector is an order, an update's body and the expected decision. For every kind of order that the rules can
    tell apart, the vectors change each body key alone and all keys together, and try every action.

    \b
    Example:
      orderrules vectors --platform awal > vectors.json
    """
    raise Answered(
        to_json(vectors.SCHEMA if described or policy is None else vectors.suite(policy, _app.endpoint_of(policy))),
        ALLOWED,
    )


@_about_policy(
    click.Option(["--against"], metavar="MODULE:NAME", help="Compare with this policy instead of the shipped one."),
    _app.format_option("text", "json"),
)
def diff(policy: Policy[Any, Any], against: str | None, form: str) -> NoReturn:
    r"""List the decisions that differ between two policies.

    The shipped policy of a platform, or the one of --against, is compared with the policy that the other options
    choose. The output calls the first one "ours" and the second one "theirs". Each difference comes with the smallest
    order and update that show it.

    \b
    Examples:
      orderrules diff --platform salla --completed family
      orderrules diff --policy shop.rules:POLICY
      orderrules diff --policy shop.rules:POLICY --against shop.rules:OLD

    Exit status: 0 all decisions are the same, 1 some differ, 2 error.
    """
    shipped = {endpoint.policy.order_type: endpoint.policy for endpoint in _app.PLATFORMS.values()}
    ours = shipped.get(policy.order_type) if against is None else _app.import_policy(against)
    if ours is None:
        raise click.UsageError("no policy is shipped for this platform: give one to compare with as --against")
    differences = ours.diff(policy)
    status = REFUSED if differences else ALLOWED
    if form == "json":
        raise Answered(to_json({"platform": policy.name, **differences.to_dict()}), status)
    first, *_ = str(differences).splitlines()
    lines = [line for difference in differences for line in (f"  {difference}", *_example(difference.to_dict()))]
    raise Answered(draw(first, *map(escape, lines)), status)


def _example(finding: dict[str, object]) -> list[str]:
    """Return the smallest order and update of a finding or a difference, as lines."""
    return [
        f"    {role}: {json.dumps(finding[role], ensure_ascii=False)}"
        for role in ("order", "patch")
        if finding[role] is not None
    ]


@_about_policy(_app.format_option("text", "json"))
def lint(policy: Policy[Any, Any], form: str) -> NoReturn:
    r"""Find mistakes in a policy, such as a rule that refuses nothing.

    It also reports rules that contradict each other, sections that no order opens, and statuses that cannot be
    reached or left. A finding in yellow is worth knowing, but not wrong. Each finding comes with the smallest order
    and update that show it.

    \b
    Examples:
      orderrules lint --platform awal
      orderrules lint --policy shop.rules:POLICY

    Exit status: 0 nothing is wrong, 1 something is wrong, 2 error.
    """
    findings = policy.lint()
    status = REFUSED if any(finding.kind.is_wrong for finding in findings) else ALLOWED
    if form == "json":
        raise Answered(
            to_json({"platform": policy.name, "findings": [finding.to_dict() for finding in findings]}), status
        )
    colours = {True: "red", False: "yellow"}
    lines = [
        line
        for finding in findings
        for line in (
            f"[{colours[finding.kind.is_wrong]}]{finding.kind}[/]{escape(str(finding).removeprefix(finding.kind))}",
            *map(escape, _example(finding.to_dict())),
        )
    ]
    raise Answered(draw(*(lines or ["no findings"])), status)


_INSTALLED: Final = Path(__file__).parent.parent / "specs"
_CHECKOUT: Final = Path(__file__).parent.parent.parent / "specs"


@functools.cache
def read_clauses() -> dict[str, dict[str, Any]]:
    """Read all clauses and assumptions, and return them by id.

    Raises:
        FileNotFoundError: the files are neither in the package nor in the checkout around it.
    """
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    clauses: dict[str, dict[str, Any]] = {}
    for name, kind in (*((name, "clause") for name in _app.PLATFORMS), ("assumptions", "assumption")):
        document = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for entry in document[kind]:
            clauses[entry["id"]] = {"platform": document.get("platform"), **entry}
    return clauses


def explain(identity: str, place: str | None, form: str) -> NoReturn:
    r"""Explain a rule, a waiver, an advice or an assumption by its id.

    The answer has its text, its source in the documentation, its examples and, for a rule, the orders that it
    applies to. With --policy, ID may also be one of your own policy.

    \b
    Examples:
      orderrules explain SALLA-PAYMENT-1
      orderrules explain S1
      orderrules explain SHOP-1 --policy shop.rules:POLICY
    """
    policies: list[Policy[Any, Any]] = (
        [_app.import_policy(place)] if place else [endpoint.policy for endpoint in _app.PLATFORMS.values()]
    )
    norm = read_clauses()
    rules = {rule.id: (policy, rule) for policy in policies for rule in policy.entries}
    wanted = identity if identity in rules else identity.upper()
    if wanted not in norm and wanted not in rules:
        raise click.UsageError(_unknown_id(wanted, [*norm, *(rule for rule in rules if rule not in norm)]))
    entry = norm.get(wanted, {"id": wanted})
    closes = _closes(*rules[wanted]) if wanted in rules else {}
    if form == "json":
        raise Answered(to_json({**entry, **closes}), ALLOWED)
    origin = (
        (entry["platform"], entry.get("level", "an assumption"))
        if wanted in norm
        else (policies[0].name, "defined by this policy")
    )
    lines = [f"[bold]{escape(wanted)}[/] ({escape(', '.join(origin))})"]
    lines += [escape(f"  {line}") for line in _clause_lines(entry)]
    lines += [escape(f"  {name}: {text}") for name, text in closes.items()]
    lines += ["  examples:"] * ("example" in entry)
    lines += [escape(f"    {line}") for example in entry.get("example", ()) for line in _example_lines(example)]
    raise Answered(draw(*lines), ALLOWED)


def _complete_id(_: click.Context, __: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Complete the id of a clause or an assumption; upper and lower case are equal."""
    entries = read_clauses()
    return [
        CompletionItem(identity, help=entry.get("text") or entry.get("question"))
        for identity, entry in entries.items()
        if identity.startswith(prefix.upper())
    ]


def _unknown_id(identity: str, known: list[str]) -> str:
    """Return the error message for an unknown id, with the known id that is closest."""
    lowered = {name.lower(): name for name in known}
    meant = close_to(identity.lower(), lowered)
    listed = "orderrules table rules and orderrules table assumptions list the ids"
    remedy = suggest(lowered[meant]) if meant else listed
    return f"no clause has the id {identity}; {remedy}"


def _closes(policy: Policy[Any, Any], rule: Rule | Waiver) -> dict[str, object]:
    """Return which orders a rule closes, or a waiver opens, and how many kinds of order these are."""
    every = list(points(policy.order_type.__space__.facts))
    narrowed = {entry.id: entry for entry in policy.narrowed().entries}[rule.id]
    if isinstance(rule, Waiver):
        count = sum(cast("Waiver", narrowed).when.holds(point) for point in every)
        return {
            "waives": f"every rule on a section, while {rule.when}",
            "kinds": f"{count} of {len(every)} kinds of order",
        }
    closes = ~rule.only_if
    patch_facts = [fact for fact in closes.facts if fact in policy.patch_type.__space__.facts]
    certainly = ~cast("Rule", narrowed).only_if
    count = sum(any(certainly.holds({**point, **other}) for other in points(patch_facts)) for point in every)
    waivers = policy.waivers if isinstance(rule.section, policy.sections) else ()
    unless = "".join(f", unless {waiver.when}" for waiver in waivers)
    return {
        "reason": rule.reason,
        "closes": f"{rule.section}, while {closes if patch_facts else closes.simplify()}{unless}",
        "kinds": f"{count} of {len(every)} kinds of order"
        + " for some update" * bool(patch_facts)
        + ", if no waiver applies" * bool(waivers),
    }


def _clause_lines(entry: dict[str, Any]) -> list[str]:
    """Return the text and the source of a clause or an assumption, as lines."""
    if "text" not in entry and "question" not in entry:
        return []
    if "question" in entry:
        option = f" (--{entry['keyword'].replace('_', '-')})" if "keyword" in entry else ""
        lines = [f"{entry['question']}?", f"our answer: {entry['answer']}", f"why: {entry['why']}"]
        lines += [f"alternative: {other['name']}{option}" for other in entry.get("alternatives", ())]
    else:
        lines = [entry["text"], f"source: {entry['source']['page']}; {entry['source']['section']}"]
    if "outside" in entry:
        lines.append(f"also from another page: {entry['outside']}")
    return [*lines, *(f"rests on {assumption}" for assumption in entry.get("assumptions", ()))]


def _example_lines(example: dict[str, Any]) -> list[str]:
    """Return an example as lines: its claim with the expected result, then its input."""
    inputs = {key: value for key, value in example.items() if key not in {"says", "expect"}}
    lines = [f"- {example['says']}: {example['expect']}"]
    return lines + [
        f"    {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"
        for key, value in inputs.items()
    ]


_app.add_command(
    explain,
    explain,
    [
        click.Argument(["identity"], metavar="ID", shell_complete=_complete_id),
        _app.POLICY,
        _app.format_option("text", "json"),
    ],
)
