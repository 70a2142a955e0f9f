"""The commands about the rules themselves: drawn, exported, compared, checked and explained."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from click.shell_completion import CompletionItem
from rich.markup import escape

from orderrules.analysis import tables as description
from orderrules.analysis import vectors
from orderrules.cli import app as _app
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, FILE, REFUSED, TROUBLE, Answered, draw, to_json
from orderrules.grammar.conditions import points
from orderrules.grammar.rules import Waiver
from orderrules.reading.limits import ORDER_LIMITS
from orderrules.reading.problems import InvalidInput
from orderrules.reading.values import close_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from enum import StrEnum

    from orderrules.grammar.rules import Rule
    from orderrules.policy.policy import Policy


_TABLES: Final = {
    "statuses": description.status_table,
    "rules": description.rule_table,
    "actions": description.action_table,
    "waivers": description.waiver_table,
    "transitions": description.transition_table,
    "assumptions": description.assumption_table,
    "advice": description.advice_table,
}

_CELLS: Final = re.compile(r"(?<!\\)\|")


def _about_policy(*own: click.Parameter) -> Callable[[Callable[..., NoReturn]], click.Command]:
    """Make a command of a function that tells something of a policy."""

    def make(answer: Callable[..., NoReturn]) -> click.Command:
        def run(name: str | None, place: str | None, **said: Any) -> None:  # noqa: ANN401 - as the options give them.
            assumptions = {str(option.name): said.pop(str(option.name)) for option in ASSUMPTIONS}
            if said.get("described") and name is None and place is None:
                raise Answered(to_json(vectors.SCHEMA), ALLOWED)  # It is the same for all.
            answer(_app.choose_policy(name, place, assumptions), **said)

        return _app.add_command(answer, run, [*own, _app.platform_option(), _app.POLICY, *ASSUMPTIONS])

    return make


@_about_policy(
    click.Argument(["which"], type=click.Choice(list(_TABLES)), default="statuses", metavar="[TABLE]"),
    _app.format_option("text", "markdown", "json"),
)
def table(policy: Policy[Any, Any], which: str, form: str) -> NoReturn:
    r"""Draw a table of the rules.

    TABLE is statuses (what is open in which status; if none is named), rules, actions, waivers, transitions,
    assumptions or advice.

    \b
    Examples:
      orderrules table --platform salla
      orderrules table rules --platform awal --format markdown
    """
    if form == "markdown":
        raise Answered(_TABLES[which](policy) + "\n", ALLOWED)
    if form == "json":
        raise Answered(to_json(_records(policy, which)), ALLOWED)
    heads, _, *rows = [
        [cell.strip().replace("**", "").replace("`", "").replace(r"\|", "|") for cell in _CELLS.split(line.strip("| "))]
        for line in _TABLES[which](policy).splitlines()
    ]
    if which == "statuses":
        # Statuses in which the same is open share a line.
        same: dict[tuple[str, ...], list[str]] = {}
        for status, *cells in rows:
            same.setdefault(tuple(cells), []).append(status)
        rows = [["\n".join(statuses), *cells] for cells, statuses in same.items()]
    title = f"{policy.name}: {which}" + ": none" * (not rows)
    raise Answered(_app.draw_table(title, heads, rows) if rows else f"{title}\n", ALLOWED)


def _records(policy: Policy[Any, Any], which: str) -> list[dict[str, Any]]:
    """Give what a table says, a record for each line."""
    if which == "statuses":
        (by, *sections), *rows = description.status_rows(policy)
        return [{by: status, "sections": dict(zip(sections, cells, strict=True))} for status, *cells in rows]
    if which in {"rules", "actions"}:
        of: Iterable[StrEnum] = policy.sections if which == "rules" else policy.actions or ()
        governing: dict[StrEnum, list[Rule | None]] = {section: [] for section in of}
        for rule in policy.rules:
            if rule.section in governing:
                governing[rule.section].append(rule)
        rules = [(section, rule) for section, found in governing.items() for rule in found or [None]]
        return [
            {
                which.removesuffix("s").replace("rule", "section"): section.value,
                **({"keys": list(policy.keys_of(section))} if which == "rules" else {}),
                "only_if": None if rule is None else str(rule.only_if),
                "rule": None if rule is None else rule.id,
            }
            for section, rule in rules
        ]
    if which == "transitions":
        return [
            {
                "rule": rule.id,
                "from": follows.current.label(value),
                "to": [follows.asked.label(other) for other in follows.asked.values if other in following],
            }
            for rule in policy.rules
            for follows in rule.only_if.transitions()
            for value, following in follows.table
        ]
    if which == "assumptions":
        return [
            {
                "assumption": assumption.id,
                "question": assumption.question,
                "answer": assumption.answer,
                "alternatives": [other.name for other in assumption.alternatives],
            }
            for assumption in policy.assumptions
        ]
    if which == "waivers":
        return [{"waiver": entry.id, "when": str(entry.when), "reason": entry.reason} for entry in policy.waivers]
    return [{"advice": entry.id, "message": entry.message} for entry in policy.advice_rules]


@_about_policy(_app.format_option("mermaid", "dot"))
def diagram(policy: Policy[Any, Any], form: str) -> NoReturn:
    r"""Draw which status may follow which, for Mermaid or Graphviz.

    \b
    Example:
      orderrules diagram --platform awal --format dot | dot -Tsvg > awal.svg
    """
    raise Answered((description.mermaid if form == "mermaid" else description.dot)(policy) + "\n", ALLOWED)


@_about_policy(
    click.Argument(["order"], type=FILE, required=False),
    _app.guest_option(),
)
def schema(policy: Policy[Any, Any], order: str | None, *, guest: bool) -> NoReturn:
    r"""Write the JSON Schema (2020-12) of an update's body; with an ORDER, of what that one allows now.

    \b
    Examples:
      orderrules schema --platform salla > update.schema.json
      orderrules schema --platform awal order.json
    """
    if guest and order is None:
        raise click.UsageError("--guest says something of an ORDER, and none is given")
    raise Answered(to_json(policy.schema(None if order is None else _read(policy, order, guest=guest))), ALLOWED)


def _read(policy: Policy[Any, Any], path: str, *, guest: bool) -> object:
    """Read an order of the policy's platform."""
    read_order = _app.order_reader(policy, guest=guest)
    try:
        return read_order(_app.read_bytes(path, ORDER_LIMITS.size))
    except InvalidInput as error:
        _app.report_problems(path, error)
        raise Answered("", TROUBLE) from error


@_about_policy(
    click.Option(["--schema", "described"], is_flag=True, help="Write the JSON Schema of the vectors instead.")
)
def vectors_(policy: Policy[Any, Any], *, described: bool) -> NoReturn:
    r"""Write test vectors in JSON: orders, bodies and what is decided, for a service in any language.

    They cover every section at every point, alone and together.

    \b
    Example:
      orderrules vectors --platform awal > vectors.json
    """
    raise Answered(to_json(vectors.SCHEMA if described else vectors.suite(policy)), ALLOWED)


@_about_policy(
    click.Option(["--against"], metavar="MODULE:NAME", help="Compare with this policy instead."),
    _app.format_option("text", "json"),
)
def diff(policy: Policy[Any, Any], against: str | None, form: str) -> NoReturn:
    r"""Say which decisions differ: of a platform as shipped, and under other assumptions or in a policy of your own.

    What is shipped is *here*, what is compared with it *there*.
    Each difference comes with its smallest order and update.

    \b
    Examples:
      orderrules diff --platform salla --completed family
      orderrules diff --policy shop.rules:POLICY
      orderrules diff --policy shop.rules:POLICY --against shop.rules:OLD

    Exit status: 0 when every decision is the same, 1 when some differ, 2 trouble.
    """
    shipped = {endpoint.policy.order_type: endpoint.policy for endpoint in _app.PLATFORMS.values()}
    ours = shipped.get(policy.order_type) if against is None else _app.import_policy(against)
    if ours is None:
        raise click.UsageError("nothing of this platform is shipped: say what to compare with --against")
    found = ours.diff(policy)
    status = REFUSED if found else ALLOWED
    if form == "json":
        raise Answered(to_json({"platform": policy.name, **found.to_dict()}), status)
    first, *_ = str(found).splitlines()
    lines = [line for difference in found for line in (f"  {difference}", *_example(difference.to_dict()))]
    raise Answered(draw(first, *map(escape, lines)), status)


def _example(told: dict[str, object]) -> list[str]:
    """Write the smallest order and update that show something."""
    return [
        f"    {role}: {json.dumps(told[role], ensure_ascii=False)}"
        for role in ("order", "patch")
        if told[role] is not None
    ]


@_about_policy(_app.format_option("text", "json"))
def lint(policy: Policy[Any, Any], form: str) -> NoReturn:
    r"""Say what is wrong with a policy, or worth knowing: idle rules, contradictions, statuses without a way.

    Each finding comes with the smallest order and update that show it.

    \b
    Examples:
      orderrules lint --platform awal
      orderrules lint --policy shop.rules:POLICY

    Exit status: 0 when nothing is wrong, 1 when something is, 2 trouble.
    """
    found = policy.lint()
    status = REFUSED if any(finding.kind.is_wrong for finding in found) else ALLOWED
    if form == "json":
        raise Answered(to_json({"platform": policy.name, "findings": [finding.to_dict() for finding in found]}), status)
    colours = {True: "red", False: "yellow"}
    lines = [
        line
        for finding in found
        for line in (
            f"[{colours[finding.kind.is_wrong]}]{finding.kind}[/]{escape(str(finding).removeprefix(finding.kind))}",
            *map(escape, _example(finding.to_dict())),
        )
    ]
    raise Answered(draw(*(lines or ["nothing found"])), status)


_INSTALLED: Final = Path(__file__).parent.parent / "specs"

_CHECKOUT: Final = Path(__file__).parent.parent.parent / "specs"


@functools.cache
def _clauses() -> dict[str, dict[str, Any]]:
    """Read every clause and assumption, by id.

    Raises:
        FileNotFoundError: the files are not there, in the package or beside it.
    """
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    found: dict[str, dict[str, Any]] = {}
    for name, kind in (*((name, "clause") for name in _app.PLATFORMS), ("assumptions", "assumption")):
        document = tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for entry in document[kind]:
            found[entry["id"]] = {"platform": document.get("platform"), **entry}
    return found


def explain(identity: str, place: str | None, form: str) -> NoReturn:
    r"""Say what a clause or an assumption says, where it comes from, its examples, and the orders it closes.

    ID is that of a rule, a waiver, an advice, an assumption or any other clause of the norm;
    with --policy also one of a policy of your own.

    \b
    Examples:
      orderrules explain SALLA-PAYMENT-1
      orderrules explain S1
      orderrules explain SHOP-1 --policy shop.rules:POLICY
    """
    policies: list[Policy[Any, Any]] = (
        [_app.import_policy(place)] if place else [endpoint.policy for endpoint in _app.PLATFORMS.values()]
    )
    norm = _clauses()
    rules = {rule.id: (policy, rule) for policy in policies for rule in policy.entries}
    wanted = identity if identity in rules else identity.upper()
    if wanted not in norm and wanted not in rules:
        raise click.UsageError(_unknown_id(wanted, [*norm, *(rule for rule in rules if rule not in norm)]))
    entry = norm.get(wanted, {"id": wanted})
    closes = _closes(*rules[wanted]) if wanted in rules else {}
    if form == "json":
        raise Answered(to_json({**entry, **closes}), ALLOWED)
    aside = (
        (entry["platform"], entry.get("level", "an assumption")) if wanted in norm else (policies[0].name, "of its own")
    )
    lines = [f"[bold]{escape(wanted)}[/] ({escape(', '.join(aside))})"]
    lines += [escape(f"  {line}") for line in _clause_lines(entry)]
    lines += [escape(f"  {name}: {text}") for name, text in closes.items()]
    lines += ["  examples:"] * ("example" in entry)
    lines += [escape(f"    {line}") for example in entry.get("example", ()) for line in _example_lines(example)]
    raise Answered(draw(*lines), ALLOWED)


def _ids(_: click.Context, __: click.Parameter, begun: str) -> list[CompletionItem]:
    """Complete the id of a clause or an assumption, in whatever case it is begun."""
    entries = _clauses()
    return [
        CompletionItem(identity, help=entry.get("text") or entry.get("question"))
        for identity, entry in entries.items()
        if identity.startswith(begun.upper())
    ]


def _unknown_id(identity: str, known: list[str]) -> str:
    """Say that there is no such clause, and which may have been meant."""
    lowered = {name.lower(): name for name in known}
    hint = next(
        (name for low, name in lowered.items() if close_to(identity.lower(), lowered) == f"did you mean {low}?"), ""
    )
    meant = f"did you mean {hint}?" if hint else "orderrules table rules, or assumptions, lists those that there are"
    return f"no clause has the id {identity}; {meant}"


def _closes(policy: Policy[Any, Any], rule: Rule | Waiver) -> dict[str, object]:
    """Say which orders a rule closes, or a waiver opens, and how many kinds of them there are."""
    every = list(points(policy.order_type.__space__.facts))
    if isinstance(rule, Waiver):
        count = sum(rule.when.holds(point) for point in every)
        return {
            "waives": f"every rule on a section, while {rule.when}",
            "kinds": f"{count} of {len(every)} kinds of order",
        }
    closes = ~rule.only_if
    asked = [fact for fact in closes.facts if fact not in policy.order_type.__space__.facts]
    count = sum(any(closes.holds({**point, **other}) for other in points(asked)) for point in every)
    waivers = policy.waivers if isinstance(rule.section, policy.sections) else ()
    unless = "".join(f", unless {waiver.when}" for waiver in waivers)
    return {
        "reason": rule.reason,
        "closes": f"{rule.section}, while {closes if asked else closes.simplify()}{unless}",
        "kinds": f"{count} of {len(every)} kinds of order"
        + " for some update" * bool(asked)
        + ", waivers left aside" * bool(waivers),
    }


def _clause_lines(entry: dict[str, Any]) -> list[str]:
    """Write what a clause or an assumption says, and where it comes from."""
    if "text" not in entry and "question" not in entry:
        return []
    if "question" in entry:
        option = f" (--{entry['keyword'].replace('_', '-')})" if "keyword" in entry else ""
        lines = [f"{entry['question']}?", f"we read: {entry['answer']}", f"why: {entry['why']}"]
        lines += [f"offered instead: {other['name']}{option}" for other in entry.get("alternatives", ())]
    else:
        lines = [entry["text"], f"source: {entry['source']['page']}; {entry['source']['section']}"]
    if "outside" in entry:
        lines.append(f"from outside the two pages: {entry['outside']}")
    return [*lines, *(f"rests on {assumption}" for assumption in entry.get("assumptions", ()))]


def _example_lines(example: dict[str, Any]) -> list[str]:
    """Write an example: what it says, what is given, what is expected."""
    given = {key: value for key, value in example.items() if key not in {"says", "expect"}}
    lines = [f"- {example['says']}: {example['expect']}"]
    return lines + [
        f"    {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"
        for key, value in given.items()
    ]


_app.add_command(
    explain,
    explain,
    [
        click.Argument(["identity"], metavar="ID", shell_complete=_ids),
        _app.POLICY,
        _app.format_option("text", "json"),
    ],
)
