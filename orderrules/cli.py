"""The command line: the only place that reads files and prints.

It asks the library and shows what it says; it holds no rule.

The module is longer than most because every option says what it is for.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Final

try:
    import click
    from rich.console import Console
    from rich.table import Table
except ImportError as error:  # pragma: no cover - seen only where the extra is not installed.
    print(f"orderrules: the command line needs more: pip install 'orderrules[cli]' ({error})", file=sys.stderr)  # noqa: T201 - nothing else is there to print with.
    raise SystemExit(2) from error

from orderrules import InvalidInput, __version__, awal, salla

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from orderrules import Decision, Policy

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
def main() -> None:
    """Ask whether an update may be made to an order, and which documented rule says no."""


@main.command(
    epilog="""\b
Examples:
  orderrules check --platform salla order.json update.json
  curl -s .../orders/1 | orderrules check --platform awal - update.json
  orderrules check --platform salla --completed family --format json order.json update.json

\b
Exit status: 0 allowed, 1 refused, 2 trouble (input that cannot be read, bad usage).""",
)
@click.argument("order", type=_FILE)
@click.argument("patch", type=_FILE)
@click.option(
    "--platform", "name", required=True, type=click.Choice(list(_READINGS)), help="Whose rules the order is under."
)
@click.option("--guest", is_flag=True, help="Salla: say that the order's customer is a guest; no payload tells.")
@click.option(
    "--format", "form", default="text", type=click.Choice(["text", "json"]), show_default=True, help="How to answer."
)
@click.option(
    "--pending",
    type=_STATUS,
    multiple=True,
    metavar="STATUS",
    help="Salla, S1: a status that is *pending*; repeat it, or say family.",
)
@click.option(
    "--completed",
    type=_STATUS,
    multiple=True,
    metavar="STATUS",
    help="Salla, S2: a status that is *completed*; repeat it, or say family.",
)
@click.option("--unknown-status", type=click.Choice(["open", "closed"]), help="Salla, S4: a status that no page names.")
@click.option(
    "--locked",
    type=_STATUS,
    multiple=True,
    metavar="STATUS",
    help="Salla, S8: a status that closes as *completed* does; repeat it, or say family.",
)
@click.option("--skipping", is_flag=True, default=None, help="Awal, A1: any later status may follow.")
@click.option(
    "--payment-default", type=click.Choice(["keep", "reset"]), help="Awal, A4: a payment status that is left out."
)
def check(
    order: str,
    patch: str,
    name: str,
    form: str,
    *,
    guest: bool,
    **readings: Any,  # noqa: ANN401 - as the options give them.
) -> None:
    """Decide whether the update in PATCH may be sent for the order in ORDER.

    ORDER is an order as the API answers it (bare, in its envelope, or in a webhook), PATCH the body of the
    update; each is a file of JSON, or - for standard input.
    """
    policy = _policy(name, readings)
    if order == patch == "-":
        message = "only one of ORDER and PATCH can be standard input"
        raise click.UsageError(message)
    if guest and name != "salla":
        message = f"--guest says nothing of {name}"
        raise click.UsageError(message)
    found, asked = _read(name, _bytes(order), _bytes(patch), form, guest=guest)
    decision = policy.can_update(found, asked)
    if form == "json":
        click.echo(json.dumps({"platform": name, **decision.to_dict()}, ensure_ascii=False, indent=2))
    else:
        _show(policy, found, asked, decision)
    sys.exit(ALLOWED if decision else REFUSED)


def _bytes(path: str) -> bytes:
    with click.open_file(path, "rb") as file:
        content: bytes = file.read()
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


def _read(name: str, order: bytes, patch: bytes, form: str, *, guest: bool) -> tuple[Any, Any]:
    """Read both inputs; say the problems of both, and leave, where one cannot be read."""
    found: list[Any] = []
    unread: dict[str, InvalidInput] = {}
    readers: dict[str, Callable[[], object]] = {
        "order": lambda: salla.read_order(order, guest=guest) if name == "salla" else awal.read_order(order),
        "patch": lambda: salla.read_patch(patch) if name == "salla" else awal.read_patch(patch),
    }
    for role, reader in readers.items():
        try:
            found.append(reader())
        except InvalidInput as error:
            unread[role] = error
    if unread:
        if form == "json":
            click.echo(
                json.dumps({"platform": name, "problems": list(_problems(unread))}, ensure_ascii=False, indent=2)
            )
        else:
            for trouble in unread.values():
                click.echo(trouble, err=True)
        sys.exit(TROUBLE)
    return found[0], found[1]


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


def _show(policy: Policy[Any, Any], order: Any, patch: Any, decision: Decision) -> None:  # noqa: ANN401 - of either platform.
    """Print a decision, rule by rule."""
    console = Console(highlight=False)
    table = Table(
        "section", "keys", "rule", "verdict", title=f"{policy.name}: update of an order", title_justify="left"
    )
    unwaived = policy.without(*(waiver.id for waiver in policy.waivers)).can_update(order, patch)
    closed = {violation.rule.id for violation in unwaived.violations}
    shut = "[red]closed[/]" if decision.violations else "[yellow]waived[/]"
    for section in patch.sections:
        keys = ", ".join(key for key in policy.keys_of(section) if key in patch.keys)
        governing = [rule.id for rule in policy.rules if rule.section is section]
        for rule in governing:
            table.add_row(section, keys, rule, shut if rule in closed else "[green]open[/]")
        if not governing:
            table.add_row(section, keys, "-", "[green]open[/], no rule")
    if table.row_count:
        console.print(table)
    else:
        console.print("the update changes nothing")
    first, *lines = decision.explain(order).splitlines()
    console.print(f"[bold {'green' if decision else 'red'}]{first}[/]", soft_wrap=True)
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


if __name__ == "__main__":
    main()
