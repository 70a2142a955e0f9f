"""The command line: the only place that reads files and prints.

It asks the library and shows what it says; it holds no rule.

The module is longer than most because every option says what it is for.
"""

from __future__ import annotations

import functools
import io
import json
import os
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

try:
    import click
    from rich.console import Console
    from rich.table import Table
except ImportError as error:  # pragma: no cover - seen only where the extra is not installed.
    print(f"orderrules: the command line needs more: pip install 'orderrules[cli]' ({error})", file=sys.stderr)  # noqa: T201 - nothing else is there to print with.
    raise SystemExit(2) from error

from orderrules import ORDER_LIMITS, UPDATE_LIMITS, InvalidInput, __version__, awal, salla

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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
def app() -> None:
    """Ask whether an update may be made to an order, and which documented rule says no."""


@app.command(
    short_help="Decide whether an update may be sent for an order.",
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
    help="Salla, S1: what is *pending*, instead of payment_pending; repeat it, or say family.",
)
@click.option(
    "--completed",
    type=_STATUS,
    multiple=True,
    metavar="STATUS",
    help="Salla, S2: what is *completed*, instead of completed; repeat it, or say family.",
)
@click.option(
    "--unknown-status",
    type=click.Choice(["open", "closed"]),
    help="Salla, S4: what a status that no page names does to the sections bound to a status.",
)
@click.option(
    "--locked",
    type=_STATUS,
    multiple=True,
    metavar="STATUS",
    help="Salla, S8: what closes receiver, shipping and coupon as well; repeat it, or say family.",
)
@click.option("--skipping", is_flag=True, default=None, help="Awal, A1: any later status may follow.")
@click.option(
    "--payment-default",
    type=click.Choice(["keep", "reset"]),
    help="Awal, A4: what a payment status left out means; it refuses nothing.",
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
        raise click.UsageError("only one of ORDER and PATCH can be standard input")
    if guest and name != "salla":
        raise click.UsageError(f"--guest says nothing of {name}")
    found, asked = _read(name, order, patch, form, guest=guest)
    decision = policy.can_update(found, asked)
    if form == "json":
        shown = _json({"platform": name, **decision.to_dict(found)})
    else:
        shown = _text(policy, found, asked, decision)
    raise Answered(shown, ALLOWED if decision else REFUSED)


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
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
    except (click.Abort, KeyboardInterrupt):
        click.echo("orderrules: interrupted", err=True)
    except BrokenPipeError:
        # Whoever read has left; nothing more can be said, not even when Python shuts the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = TROUBLE
    except OSError as error:
        click.echo(f"orderrules: {error}", err=True)
        status = TROUBLE
    sys.exit(status)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        app.main(arguments, prog_name="orderrules", standalone_mode=False)
    except Answered as answer:
        sys.stdout.write(answer.shown)
        return answer.status
    return ALLOWED


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, indent=2) + "\n"


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


def _read(name: str, order: str, patch: str, form: str, *, guest: bool) -> tuple[Any, Any]:
    """Read both inputs; say the problems of both where one cannot be read."""
    given = {"order": _bytes(order, ORDER_LIMITS.size), "patch": _bytes(patch, UPDATE_LIMITS.size)}
    readers: dict[str, Callable[[bytes], object]] = {
        "order": functools.partial(salla.read_order, guest=guest) if name == "salla" else awal.read_order,
        "patch": salla.read_patch if name == "salla" else awal.read_patch,
    }
    found: list[Any] = []
    unread: dict[str, InvalidInput] = {}
    for role, reader in readers.items():
        try:
            found.append(reader(given[role]))
        except InvalidInput as error:
            unread[role] = error
    if form == "json" and unread:
        raise Answered(_json({"platform": name, "problems": list(_problems(unread))}), TROUBLE)
    for role, trouble in unread.items():
        path = {"order": order, "patch": patch}[role]
        click.echo(f"{'standard input' if path == '-' else path}: {trouble}", err=True)
    if unread:
        raise Answered("", TROUBLE)
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


def _text(policy: Policy[Any, Any], order: Any, patch: Any, decision: Decision) -> str:  # noqa: ANN401 - of either platform.
    """Write a decision, rule by rule."""
    console = Console(highlight=False, emoji=False)
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
    first, *lines = decision.explain(order).splitlines()
    with console.capture() as written:
        console.print(table if table.row_count else "the update changes nothing")
        console.print(f"[bold {'green' if decision else 'red'}]{first}[/]", soft_wrap=True)
        for line in lines:
            console.print(line, markup=False, soft_wrap=True)
    return written.get()


if __name__ == "__main__":
    main()
