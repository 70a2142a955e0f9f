"""What all commands share: how they are made, what they may be told, how they answer, and how trouble ends.

It must never know what a command asks.

The module is longer than most because every option says what it is for.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.metadata
import importlib.util
import inspect
import io
import json
import os
import stat
import sys
from codecs import BOM_UTF8
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast

import click
from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from orderrules.platforms import awal, salla
from orderrules.policy.endpoint import Choice, Endpoint
from orderrules.policy.policy import Policy
from orderrules.reading.problems import Code, escape_unprintable, group_thousands
from orderrules.reading.values import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType

    from rich.console import RenderableType

    from orderrules.reading.problems import InvalidInput


ALLOWED: Final = 0
REFUSED: Final = 1
TROUBLE: Final = 2

PLATFORMS: Final[dict[str, Endpoint[Any, Any]]] = {
    endpoint.policy.name: endpoint for endpoint in (salla.ENDPOINT, awal.ENDPOINT)
}
"""The shipped platforms, by name."""
_ENDPOINTS: Final = {endpoint.policy.order_type: endpoint for endpoint in PLATFORMS.values()}
"""How the orders of a platform are read: of those that are shipped, and of one of your own once it is imported."""

FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


def _version(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001 - click calls it so.
    """Say the version, and which editions of the rulebooks it holds, with the digests of what they decide."""
    if not asked or context.resilient_parsing:
        return
    lines = [f"orderrules {importlib.metadata.version('orderrules')}"]
    lines += [
        f"{policy.name}: rulebook edition {policy.edition}, digest {policy.digest()}"
        for policy in (endpoint.policy for endpoint in PLATFORMS.values())
    ]
    raise Answered("\n".join(lines) + "\n", ALLOWED)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version, the editions of the rulebooks, and the digests of what they decide.",
)
def app() -> None:
    """Ask whether an update may be made to an order, and which documented rule says no."""


def add_command(
    answer: Callable[..., object], callback: Callable[..., object], parameters: list[click.Parameter]
) -> click.Command:
    """Add a command, named and described as a function is.

    Args:
        answer: the function.
        callback: what is called with the parameters.
        parameters: the arguments and options.
    """
    # Where a docstring says so, click leaves the lines of a paragraph as they are.
    text = (inspect.getdoc(answer) or "").replace(r"\b", "\b")
    if "Exit status" not in text:
        text += "\n\nExit status: 0 answered, 2 trouble (input that cannot be read, bad usage)."
    made = click.Command(
        answer.__name__.removesuffix("_"),
        callback=callback,
        params=parameters,
        help=text,
        short_help=text.partition("\n\n")[0].replace("\n", " "),
    )
    app.add_command(made)
    return made


def platform_option() -> click.Option:
    """Make the option that says whose rules are meant."""
    text = "Whose rules are meant.  [required, or else --policy]"
    return click.Option(["--platform", "name"], type=click.Choice(list(PLATFORMS)), help=text)


POLICY: Final = click.Option(
    ["--policy", "place"],
    metavar="MODULE:NAME",
    help="A policy or an endpoint of your own instead of a platform's, as MODULE:NAME or FILE.py:NAME; "
    "MODULE is imported, from here first. Orders are read by the endpoint beside the policy.",
)


def format_option(*forms: str) -> click.Option:
    """Make the option that says how to answer; the first form is the default."""
    choice = click.Choice(list(forms))
    return click.Option(["--format", "form"], default=forms[0], type=choice, show_default=True, help="How to answer.")


def _choice_option(name: str, choice: Choice) -> click.Option:
    """Make the option for one question that a page leaves open."""
    text = f"{name.capitalize()}, {choice.assumption}: {choice.about}"
    declared = [f"--{choice.keyword.replace('_', '-')}"]
    if choice.members is not None:
        words = click.Choice([*(member.value for member in choice.members), *choice.answers])
        text += f"; repeat it, or say {' or '.join(choice.answers)}."
        return click.Option(declared, type=words, multiple=True, metavar=choice.members.__name__.upper(), help=text)
    if set(choice.answers.values()) == {True, False}:
        return click.Option(declared, is_flag=True, default=None, help=f"{text}.")
    return click.Option(declared, type=click.Choice(list(choice.answers)), help=f"{text}.")


ASSUMPTIONS: Final[list[click.Option]] = [
    _choice_option(name, choice) for name, endpoint in PLATFORMS.items() for choice in endpoint.choices
]


def guest_option() -> click.Option:
    """Make the option that says that an order's customer is a guest."""
    names = ", ".join(name.capitalize() for name, endpoint in PLATFORMS.items() if endpoint.tells_guests)
    text = f"{names}: say that the order's customer is a guest; no payload shows it."
    return click.Option(["--guest"], is_flag=True, help=text)


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
            _discard_output()
        status = TROUBLE
    sys.exit(status)


def _discard_output() -> None:
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


def to_json(told: object) -> str:
    """Write JSON for standard output, escaped if its encoding is not UTF-8."""
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    return json.dumps(told, ensure_ascii=not unicode, indent=2) + "\n"


def read_bytes(path: str, limit: int) -> bytes:
    """Read a file, or standard input.

    Raises:
        InvalidInput: it is larger than a limit; it is not read to its end.
    """
    with click.open_file(path, "rb") as file:
        # A byte-order mark, as some editors write it, is no part of what a file holds.
        content: bytes = file.read(len(BOM_UTF8) + limit + 1).removeprefix(BOM_UTF8)
        if len(content) <= limit:
            return content
        size = f"more than {group_thousands(limit)}"
        with contextlib.suppress(OSError):  # Standard input may be no file.
            there = os.fstat(file.fileno())
            size = group_thousands(there.st_size) if stat.S_ISREG(there.st_mode) else size
    raise invalid(Code.TOO_LARGE, f"has {size} bytes, and {group_thousands(limit)} are read at most")


def policy_under(name: str, assumptions: dict[str, Any]) -> Policy[Any, Any]:
    """Give the policy of a platform under the assumptions that were chosen."""
    endpoint = PLATFORMS[name]
    chosen = {keyword: value for keyword, value in assumptions.items() if value is not None and value != ()}
    offered = {choice.keyword: choice for choice in endpoint.choices}
    strangers = [keyword for keyword in chosen if keyword not in offered]
    if strangers:
        options = ", ".join(f"--{keyword.replace('_', '-')}" for keyword in strangers)
        message = f"{options}: no assumption of {name}"
        raise click.UsageError(message)
    if endpoint.make_policy is None or not chosen:
        return endpoint.policy
    return endpoint.make_policy(**{keyword: _answer(offered[keyword], said) for keyword, said in chosen.items()})


def _answer(choice: Choice, said: Any) -> object:  # noqa: ANN401 - as the option gives it.
    """Return the value of an answer, or of several words of which it is made up."""
    if choice.members is None:
        return said if isinstance(said, bool) else choice.answers[said]
    found: set[object] = set()
    for word in said:
        answer = choice.answers.get(word, (choice.members(word),) if word not in choice.answers else ())
        found.update(cast("Iterable[object]", answer))
    return found


def _console(width: int | None = None) -> Console:
    return Console(highlight=False, emoji=False, width=width)


def draw(*parts: RenderableType, width: int | None = None) -> str:
    """Draw tables and lines as the terminal takes them, or as wide as is said."""
    console = _console(width)
    with console.capture() as written:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, str))
    return written.get()


def choose_policy(name: str | None, place: str | None, assumptions: dict[str, Any]) -> Policy[Any, Any]:
    """Give the policy that a command is about."""
    if name is None and place is None:
        raise click.UsageError("say whose rules are meant: --platform, or --policy for a policy of your own")
    if name is not None and place is not None:
        raise click.UsageError("--platform and --policy are two answers to one question: say one")
    if place is None:
        return policy_under(str(name), assumptions)
    if any(value is not None and value != () for value in assumptions.values()):
        raise click.UsageError("assumptions are options of a platform; a policy of your own has chosen them")
    return import_policy(place)


def endpoint_of(policy: Policy[Any, Any]) -> Endpoint[Any, Any]:
    """Give the endpoint by which the orders and updates of a policy's platform are read."""
    endpoint = _ENDPOINTS.get(policy.order_type)
    if endpoint is None:
        raise click.UsageError(
            f"orders of {policy.name} are read by its Endpoint: name that as --policy, or put it beside the policy"
        )
    return endpoint.under(policy)


def order_reader(policy: Policy[Any, Any], *, guest: bool) -> Callable[[bytes], Any]:
    """Give what reads an order of a policy's platform."""
    endpoint = endpoint_of(policy)
    if not guest:
        return endpoint.read_order
    if not endpoint.tells_guests:
        raise click.UsageError(f"--guest says nothing of {policy.name}")
    return functools.partial(endpoint.read_order, guest=True)


def draw_table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = False, marked: bool = False
) -> str:
    """Draw a table, or a list of records where that is too narrow: the terminal, or through a pipe what COLUMNS says.

    No word is cut but in the first column, which may go on in the next line.

    Args:
        title: what stands above it.
        heads: what stands above the columns.
        rows: the cells of each line.
        numbers: whether all columns but the first hold numbers.
        marked: whether cells are marked up, as for their colours.
    """
    cells = rows if marked else [[escape(cell) for cell in row] for row in rows]
    plain = [[Text.from_markup(cell).plain for cell in row] for row in cells]
    columns = zip(heads, *plain, strict=True)
    longest = [max((len(word) for cell in column for word in cell.split()), default=0) for column in columns]
    table = Table(
        title=None if numbers else title,
        title_justify="left",
        box=SIMPLE,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_lines=not numbers,
    )
    for place, (head, least) in enumerate(zip(heads, longest, strict=True)):
        table.add_column(
            escape(escape_unprintable(head)),
            overflow="fold",
            min_width=min(least, 16) if place == 0 else least,
            justify="right" if numbers and place else "left",
        )
    for row in cells:
        table.add_row(*row)
    console = _console()
    room = console.measure(table, options=console.options.update(width=1000))
    above = f"{title}\n" if numbers else ""
    if room.minimum <= console.width:
        return above + draw(table)
    lines = [title]
    for first, *others in cells:
        lines += ["", f"[bold]{', '.join(first.splitlines())}[/]"]
        lines += [f"  {escape(head)}: {cell}" for head, cell in zip(heads[1:], others, strict=True)]
    return draw(*lines)


def report_problems(path: str, trouble: InvalidInput) -> None:
    """Say on standard error what of a file could not be read."""
    click.echo(f"{'standard input' if path == '-' else path}: {trouble}", err=True)


def import_policy(place: str) -> Policy[Any, Any]:
    """Import a policy, or that of an endpoint, from where it is said to be: ``MODULE:NAME``, or ``FILE.py:NAME``."""
    module, colon, name = place.rpartition(":")
    is_file = module.endswith(".py")
    if not (module and colon and name and (is_file or not module.startswith((".", "/")))):
        told = "say where a policy is as MODULE:NAME, such as shop.rules:POLICY, or as FILE.py:NAME"
        raise click.UsageError(f"{place}: {told}")
    sys.path.insert(0, "")
    try:
        there = _from_file(module) if is_file else importlib.import_module(module)
        found = getattr(there, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # A module of one's own may fail in any way, and may even want to leave.
        raise click.UsageError(f"{place}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    every: list[Any] = [found, *vars(there).values()]
    endpoints: list[Endpoint[Any, Any]] = [thing for thing in every if isinstance(thing, Endpoint)]
    for endpoint in endpoints:
        _ENDPOINTS.setdefault(endpoint.policy.order_type, endpoint)
    if every[0] in endpoints:
        found = endpoints[0].policy
    if not isinstance(found, Policy):
        raise click.UsageError(f"{place} is no policy and no endpoint, but a Python {type(found).__name__}")
    return found  # pyright: ignore[reportUnknownVariableType]  # whichever policy it is.


def _from_file(path: str) -> ModuleType:
    """Import a file of Python, under the name that it has without its folder."""
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no Python in {path}")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
    return made
