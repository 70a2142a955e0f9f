"""The commands that ask about the rules themselves: drawn, written down, compared, checked and explained.

The module is longer than most because every command says in its help what it answers.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click
from rich.box import SIMPLE
from rich.markup import escape
from rich.table import Column, Table

from orderrules import InvalidInput, Policy, Waiver, awal, description, salla, vectors
from orderrules._conditions import points
from orderrules._values import close_to
from orderrules.cli import _app, _norm
from orderrules.cli._app import ALLOWED, FILE, READINGS, REFUSED, TROUBLE, Answered, drawn, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from orderrules import Rule

_TABLES: Final = {
    "statuses": description.status_table,
    "rules": description.rule_table,
    "actions": description.action_table,
    "waivers": description.waiver_table,
    "transitions": description.transition_table,
    "readings": description.reading_table,
    "advice": description.advice_table,
}
_POLICY: Final = click.Option(
    ["--policy", "place"],
    metavar="MODULE:NAME",
    help="A policy of your own instead of a platform's, as MODULE:NAME; MODULE is imported, from here first.",
)


def _tells(*own: click.Parameter) -> Callable[[Callable[..., NoReturn]], click.Command]:
    """Make a command of a function that tells something of a policy."""

    def make(answer: Callable[..., NoReturn]) -> click.Command:
        def run(name: str | None, place: str | None, **said: Any) -> None:  # noqa: ANN401 - as the options give them.
            readings = {str(option.name): said.pop(str(option.name)) for option in READINGS}
            answer(_chosen(name, place, readings), **said)

        return _app.add(answer, run, [*own, _app.platform_option(required=False), _POLICY, *READINGS])

    return make


def _chosen(name: str | None, place: str | None, readings: dict[str, Any]) -> Policy[Any, Any]:
    """Give the policy that a command is about."""
    if (name is None) is (place is None):
        raise click.UsageError("say --platform or --policy, and not both")
    if name is not None:
        return _app.policy_under(name, readings)
    if any(value is not None and value != () for value in readings.values()):
        raise click.UsageError("readings are options of a platform; a policy of your own has chosen them")
    return _imported(place or "")


def _imported(place: str) -> Policy[Any, Any]:
    """Import a policy from where it is said to be."""
    module, _, name = place.partition(":")
    sys.path.insert(0, "")
    try:
        found = getattr(importlib.import_module(module), name)
    except Exception as error:  # a module of one's own may fail in any way.
        raise click.UsageError(f"{place}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    if not isinstance(found, Policy):
        raise click.UsageError(f"{place} is a {type(found).__name__}, and no policy")
    return found  # pyright: ignore[reportUnknownVariableType]  # whichever policy it is.


@_tells(
    click.Argument(["which"], type=click.Choice(list(_TABLES)), default="statuses", metavar="[TABLE]"),
    _app.format_option("text", "markdown", "json"),
)
def table(policy: Policy[Any, Any], which: str, form: str) -> NoReturn:
    r"""Draw a table of the rules.

    TABLE is statuses (what is open in which status; if none is named), rules, actions, waivers, transitions,
    readings or advice.

    \b
    Examples:
      orderrules table --platform salla
      orderrules table rules --platform awal --format markdown
    """
    markdown = _TABLES[which](policy)
    if form == "markdown":
        raise Answered(markdown + "\n", ALLOWED)
    heads, _, *rows = [
        [cell.strip().replace("**", "").replace("`", "").strip("*") for cell in line.strip("|").split("|")]
        for line in markdown.splitlines()
    ]
    if form == "json":
        raise Answered(to_json([dict(zip(heads, row, strict=True)) for row in rows]), ALLOWED)
    if which == "statuses":
        # On a terminal, statuses in which the same is open share a line.
        same: dict[tuple[str, ...], list[str]] = {}
        for status, *cells in rows:
            same.setdefault(tuple(cells), []).append(status)
        rows = [["\n".join(statuses), *cells] for cells, statuses in same.items()]
    # No word is cut but the names of statuses, which may go on in the next line.
    columns = [
        Column(head, min_width=max(map(len, " ".join(cells).split())), overflow="fold")
        for head, cells in zip(heads[1:], list(zip(*([heads, *rows]), strict=True))[1:], strict=True)
    ]
    title = f"{policy.name}: {which}"
    shown = Table(
        Column(heads[0], overflow="fold"),
        *columns,
        title=title,
        title_justify="left",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    shown.show_lines = True
    for row in rows:
        shown.add_row(*map(escape, row))
    raise Answered(drawn(shown), ALLOWED)


@_tells(_app.format_option("mermaid", "dot"))
def diagram(policy: Policy[Any, Any], form: str) -> NoReturn:
    r"""Draw which status may follow which, for Mermaid or Graphviz.

    \b
    Example:
      orderrules diagram --platform awal --format dot | dot -Tsvg > awal.svg
    """
    raise Answered((description.mermaid if form == "mermaid" else description.dot)(policy) + "\n", ALLOWED)


@_tells(
    click.Argument(["order"], type=FILE, required=False),
    click.Option(["--guest"], is_flag=True, help="Salla: say that the order's customer is a guest."),
)
def schema(policy: Policy[Any, Any], order: str | None, *, guest: bool) -> NoReturn:
    r"""Write the JSON Schema (2020-12) of an update's body; with an ORDER, of what that one allows now.

    \b
    Examples:
      orderrules schema --platform salla > update.schema.json
      orderrules schema --platform awal order.json
    """
    if guest and not (order and policy.order_type is salla.Order):
        raise click.UsageError("--guest says nothing here")
    raise Answered(to_json(policy.schema(None if order is None else _read(policy, order, guest=guest))), ALLOWED)


def _read(policy: Policy[Any, Any], path: str, *, guest: bool) -> object:
    """Read an order of the policy's platform."""
    content = _app.read_bytes(path, _app.ORDER_SIZE)
    try:
        if policy.order_type is salla.Order:
            return salla.read_order(content, guest=guest)
        if policy.order_type is awal.Order:
            return awal.read_order(content)
    except InvalidInput as error:
        click.echo(f"{'standard input' if path == '-' else path}: {error}", err=True)
        raise Answered("", TROUBLE) from error
    raise click.UsageError("only orders of salla and awal can be read here")


@_tells(click.Option(["--schema", "described"], is_flag=True, help="Write the JSON Schema of the vectors instead."))
def vectors_(policy: Policy[Any, Any], *, described: bool) -> NoReturn:
    r"""Write test vectors in JSON: orders, bodies and what is decided, for a service in any language.

    They cover every section at every point, alone and together.

    \b
    Example:
      orderrules vectors --platform awal > vectors.json
    """
    raise Answered(to_json(vectors.SCHEMA if described else vectors.suite(policy)), ALLOWED)


@_tells(
    click.Option(["--against"], metavar="MODULE:NAME", help="Compare with this policy instead."),
    _app.format_option("text", "json"),
)
def diff(policy: Policy[Any, Any], against: str | None, form: str) -> NoReturn:
    r"""Say which decisions differ: of a platform as shipped, and under other readings or in a policy of your own.

    What is shipped is *here*, what is compared with it *there*.
    Each difference comes with its smallest order and update.

    \b
    Examples:
      orderrules diff --platform salla --completed family
      orderrules diff --policy shop.rules:POLICY
      orderrules diff --policy shop.rules:POLICY --against shop.rules:OLD

    Exit status: 0 when every decision is the same, 1 when some differ, 2 trouble.
    """
    shipped: dict[object, Policy[Any, Any]] = {salla.Order: salla.POLICY, awal.Order: awal.POLICY}
    ours = shipped.get(policy.order_type) if against is None else _imported(against)
    if ours is None:
        raise click.UsageError("nothing of this platform is shipped: say what to compare with --against")
    found = ours.diff(policy)
    status = REFUSED if found else ALLOWED
    if form == "json":
        raise Answered(to_json({"platform": policy.name, **found.to_dict()}), status)
    first, *_ = str(found).splitlines()
    lines = [line for difference in found for line in (f"  {difference}", *_example(difference.to_dict()))]
    raise Answered(drawn(first, *map(escape, lines)), status)


def _example(told: dict[str, object]) -> list[str]:
    """Write the smallest order and update that show something."""
    return [
        f"    {role}: {json.dumps(told[role], ensure_ascii=False)}"
        for role in ("order", "patch")
        if told[role] is not None
    ]


@_tells(_app.format_option("text", "json"))
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
    raise Answered(drawn(*(lines or ["nothing found"])), status)


def explain(identity: str, form: str) -> NoReturn:
    r"""Say what a clause or a reading says, where it comes from, its examples, and the orders it closes.

    ID is that of a rule, a waiver, an advice, a reading or any other clause of the norm.

    \b
    Examples:
      orderrules explain SALLA-PAYMENT-1
      orderrules explain S1
    """
    norm = _norm.entries()
    identity = identity.upper()
    if identity not in norm:
        hint = close_to(identity.lower(), {known.lower(): None for known in norm}).upper().removeprefix("DID YOU MEAN ")
        known = f"did you mean {hint}" if hint else f"known are {', '.join(norm)}"
        raise click.UsageError(f"no clause has the id {identity}; {known}")
    entry = norm[identity]
    policy: Policy[Any, Any] = salla.POLICY if entry["platform"] == "salla" else awal.POLICY
    rule = next((rule for rule in policy.entries if rule.id == identity), None)
    closes = {} if rule is None else _closes(policy, rule)
    if form == "json":
        raise Answered(to_json({**entry, **closes}), ALLOWED)
    lines = [f"[bold]{identity}[/] ({entry['platform']}, {entry.get('level', 'a reading')})"]
    lines += [escape(f"  {line}") for line in _said(entry)]
    lines += [escape(f"  {name}: {text}") for name, text in closes.items()]
    lines.append("  examples:")
    lines += [escape(f"    {line}") for example in entry["example"] for line in _shown(example)]
    raise Answered(drawn(*lines), ALLOWED)


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
        "closes": f"{rule.section}, while {closes if asked else closes.simplified()}{unless}",
        "kinds": f"{count} of {len(every)} kinds of order" + ", waivers left aside" * bool(waivers),
    }


def _said(entry: dict[str, Any]) -> list[str]:
    """Write what a clause or a reading says, and where it comes from."""
    if "question" in entry:
        lines = [f"{entry['question']}?", f"we read: {entry['answer']}", f"why: {entry['why']}"]
        lines += [f"offered instead: {other['name']}" for other in entry.get("alternatives", ())]
    else:
        lines = [entry["text"], f"source: {entry['source']['page']}; {entry['source']['section']}"]
    if "outside" in entry:
        lines.append(f"from outside the two pages: {entry['outside']}")
    return [*lines, *(f"rests on {reading}" for reading in entry.get("readings", ()))]


def _shown(example: dict[str, Any]) -> list[str]:
    """Write an example: what it says, what is given, what is expected."""
    given = {key: value for key, value in example.items() if key not in {"says", "expect"}}
    lines = [f"- {example['says']}: {example['expect']}"]
    return lines + [
        f"    {key}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)}"
        for key, value in given.items()
    ]


_app.add(
    explain,
    explain,
    [click.Argument(["identity"], metavar="ID"), _app.format_option("text", "json")],
)
