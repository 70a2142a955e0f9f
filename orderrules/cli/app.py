"""What all commands share: the command group, common options, input, output and error handling.

A command ends by raising ``Answered`` with its output and exit status. Any other exception is printed in one line, and
``main`` exits with ``TROUBLE``.
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
import re
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

from orderrules.languages.sentences import ENGLISH, SHIPPED, Language, language_of
from orderrules.platforms import awal, salla
from orderrules.policy.endpoint import Choice, Endpoint
from orderrules.policy.policy import Policy
from orderrules.reading.problems import Code, escape_unprintable
from orderrules.reading.values import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence
    from types import ModuleType

    from rich.console import RenderableType

    from orderrules.reading.problems import InvalidInput


ALLOWED: Final = 0
REFUSED: Final = 1
TROUBLE: Final = 2
PLATFORMS: Final[dict[str, Endpoint[Any, Any]]] = {
    endpoint.policy.name: endpoint for endpoint in (salla.ENDPOINT, awal.ENDPOINT)
}
"""The endpoints of the shipped platforms, by name."""
_ENDPOINTS: Final = {endpoint.policy.order_type: endpoint for endpoint in PLATFORMS.values()}
"""The endpoints by their class of orders: those shipped, and those that ``import_policy`` has found."""
_NAMED: Final = "orderrules.endpoint"
"""Where a command's context keeps the endpoint that the user named; it goes before the shipped one of its platform."""
FILE: Final = click.Path(exists=True, dir_okay=False, allow_dash=True)


def _print_version(context: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 - called by click.
    """Print the version, and the edition and digest of each rulebook."""
    if not value or context.resilient_parsing:
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
    callback=_print_version,
    help="Show the version, and the edition and digest of each rulebook.",
)
def app() -> None:
    """Check whether an order may be updated, and which documented rule refuses it.

    Orders and updates are JSON files. Each command explains itself: orderrules COMMAND --help.
    """


def add_command(
    answer: Callable[..., object], callback: Callable[..., object], parameters: list[click.Parameter]
) -> click.Command:
    """Add a command that has the name of a function, and its docstring as help.

    Args:
        answer: the function.
        callback: called with the values of the parameters.
        parameters: the arguments and options.
    """
    # Click does not wrap a paragraph that begins with the character "\b".
    text = (inspect.getdoc(answer) or "").replace(r"\b", "\b")
    if "Exit status" not in text:
        text += "\n\nExit status: 0 success, 2 error (unreadable input or wrong usage)."
    command = click.Command(
        answer.__name__.removesuffix("_"),
        callback=callback,
        params=parameters,
        help=text,
        short_help=text.partition("\n\n")[0].replace("\n", " "),
    )
    app.add_command(command)
    return command


def platform_option() -> click.Option:
    """Return the option ``--platform``."""
    text = "The platform whose rules apply.  [required unless --policy is given]"
    return click.Option(["--platform", "name"], type=click.Choice(list(PLATFORMS)), help=text)


POLICY: Final = click.Option(
    ["--policy", "place"],
    metavar="MODULE:NAME",
    help="Your own policy or endpoint, as MODULE:NAME or FILE.py:NAME. The current directory is searched for "
    "MODULE first. Orders of a new platform are read by an endpoint in the same module.",
)


def key_option() -> click.Option:
    """Return the option ``--key``."""
    text = "The body key of the status, if the platform has more than one."
    return click.Option(["--key"], metavar="KEY", help=text)


def format_option(*forms: str) -> click.Option:
    """Return the option ``--format``; the first form is the default."""
    choice = click.Choice(list(forms))
    return click.Option(["--format", "form"], default=forms[0], type=choice, show_default=True, help="Output format.")


def _choice_option(name: str, choice: Choice) -> click.Option:
    """Return the option for one assumption of a platform."""
    text = f"{name.capitalize()}, {choice.assumption}: {choice.about}"
    names = [f"--{choice.keyword.replace('_', '-')}"]
    if choice.members is not None:
        values = click.Choice([*(member.value for member in choice.members), *choice.answers])
        text += f"; repeatable, or {' or '.join(choice.answers)}."
        return click.Option(names, type=values, multiple=True, metavar=choice.members.__name__.upper(), help=text)
    if set(choice.answers.values()) == {True, False}:
        return click.Option(names, is_flag=True, default=None, help=f"{text}.")
    return click.Option(names, type=click.Choice(list(choice.answers)), help=f"{text}.")


_GIVEN: Final = click.Option(
    ["--given"],
    metavar="NAME=VALUE",
    multiple=True,
    help="The value of a parameter that no order shows, such as a store's setting; repeatable. orderrules table "
    "parameters lists them.",
)
ASSUMPTIONS: Final[list[click.Option]] = [
    *(_choice_option(name, choice) for name, endpoint in PLATFORMS.items() for choice in endpoint.choices),
    _GIVEN,
]
"""The options that choose among the policies of a platform: its assumptions, and the values of parameters."""


def guest_option() -> click.Option:
    """Return the option ``--guest``."""
    names = ", ".join(name.capitalize() for name, endpoint in PLATFORMS.items() if endpoint.tells_guests)
    text = f"{names}: treat the order's customer as a guest, which no payload shows."
    return click.Option(["--guest"], is_flag=True, help=text)


def _choose_language(_: click.Context, __: click.Parameter, value: str) -> Language:
    if not value.endswith(".py"):
        try:
            return language_of(value)
        except ValueError as error:
            raise click.BadParameter(f"{error}, or FILE.py") from error
    try:
        return language_of(cast("Language", _import_file(value)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The user's module may raise anything, SystemExit included.
        raise click.BadParameter(f"{value}: {type(error).__name__}: {error}") from error


def language_option() -> click.Option:
    """Return the option ``--language``."""
    text = "The language of the sentences: " + " or ".join(SHIPPED) + ", or a language of your own as FILE.py."
    return click.Option(
        ["--language"], metavar="CODE", default=SHIPPED[0], show_default=True, help=text, callback=_choose_language
    )


class Answered(Exception):  # noqa: N818 - it is not an error.
    """The end of a command.

    Attributes:
        shown: what is printed on standard output.
        status: the exit status.
    """

    def __init__(self, shown: str, status: int) -> None:
        self.shown = shown
        self.status = status
        super().__init__(shown, status)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line, and exit; any error is printed in one line, and exits with ``TROUBLE``."""
    status = TROUBLE
    try:
        # Characters that the encoding of a stream lacks are escaped.
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        status = _run(arguments)
        # Standard output is None if it was closed before the start; the answer is lost then.
        if sys.stdout is None:
            status = TROUBLE
        else:
            sys.stdout.flush()
    except click.ClickException as error:
        error.show()
    except (click.Abort, KeyboardInterrupt):
        click.echo("orderrules: interrupted", err=True)
    except Exception as error:  # noqa: BLE001 - an uncaught error would exit with 1, which means refused.
        # If the reader of a pipe has gone, nobody would read a message.
        if not isinstance(error, BrokenPipeError):
            with contextlib.suppress(Exception):
                click.echo(f"orderrules: {str(error) or type(error).__name__}", err=True)
        if isinstance(error, OSError):
            _discard_output()
        status = TROUBLE
    sys.exit(status)


def _discard_output() -> None:
    """Send the rest of standard output to the null device.

    Otherwise Python fails to flush it at exit, and exits with a status of its own.
    """
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


def to_json(told: object, indent: int | None = 2) -> str:
    """Return a value as JSON for standard output; non-ASCII text is escaped if the encoding is not UTF-8.

    Args:
        told: the value.
        indent: how far a level is indented; None for a single line.
    """
    unicode = (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"
    return json.dumps(told, ensure_ascii=not unicode, indent=indent) + "\n"


def read_bytes(path: str, limit: int) -> bytes:
    """Read a file, or standard input.

    Raises:
        InvalidInput: it has more bytes than ``limit``. Reading stops there.
    """
    with click.open_file(path, "rb") as file:
        # Some editors write a byte-order mark.
        content: bytes = file.read(len(BOM_UTF8) + limit + 1).removeprefix(BOM_UTF8)
        if len(content) <= limit:
            return content
        reason, size = "more_bytes", limit
        with contextlib.suppress(OSError):  # Standard input may have no file descriptor.
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode):
                reason, size = "bytes", status.st_size
    raise invalid(Code.TOO_LARGE, reason=reason, found=size, bound=limit)


def policy_under(name: str, assumptions: dict[str, Any]) -> Policy[Any, Any]:
    """Return the policy of a platform under the assumptions that were chosen.

    Raises:
        click.UsageError: an assumption belongs to another platform.
    """
    endpoint = PLATFORMS[name]
    chosen = {keyword: value for keyword, value in assumptions.items() if value is not None and value != ()}
    offered = {choice.keyword: choice for choice in endpoint.choices}
    foreign = [keyword for keyword in chosen if keyword not in offered]
    if foreign:
        options = ", ".join(f"--{keyword.replace('_', '-')}" for keyword in foreign)
        message = f"{options}: not available for the platform {name}"
        raise click.UsageError(message)
    if endpoint.make_policy is None or not chosen:
        return endpoint.policy
    return endpoint.make_policy(**{keyword: _value_of(offered[keyword], value) for keyword, value in chosen.items()})


def _value_of(choice: Choice, option: Any) -> object:  # noqa: ANN401 - the value that click parsed.
    """Return the value that an option stands for: a boolean, a named answer, or a set of members."""
    if choice.members is None:
        return option if isinstance(option, bool) else choice.answers[option]
    members: set[object] = set()
    for word in option:
        answer = choice.answers.get(word, (choice.members(word),) if word not in choice.answers else ())
        members.update(cast("Iterable[object]", answer))
    return members


def _console(width: int | None = None) -> Console:
    return Console(highlight=False, emoji=False, width=width)


def draw(*parts: RenderableType, width: int | None = None) -> str:
    """Render tables and lines of markup as text; tables are as wide as the terminal, or as ``width``."""
    console = _console(width)
    with console.capture() as capture:
        for part in parts:
            console.print(part, soft_wrap=isinstance(part, str))
    # Rich fills each line of a table with blanks.
    return re.sub(" +$", "", capture.get(), flags=re.MULTILINE)


def choose_policy(name: str | None, place: str | None, assumptions: dict[str, Any]) -> Policy[Any, Any]:
    """Return the policy that a command is about.

    Args:
        name: the platform.
        place: where a policy of the user's own is, if no platform is named.
        assumptions: the values of the options in ``ASSUMPTIONS``.

    Raises:
        click.UsageError: the options name no policy, or two, or do not go together.
    """
    others = {option: value for option, value in assumptions.items() if option != _GIVEN.name}
    policy = _choose_policy(name, place, others)
    return policy.given(**dict(_setting(policy, text) for text in assumptions.get(str(_GIVEN.name), ())))


def _setting(policy: Policy[Any, Any], text: str) -> tuple[str, Hashable]:
    """Read a parameter's keyword and value, as ``--given`` has them.

    Raises:
        click.UsageError: the policy has no such parameter, or the parameter no such value.
    """
    name, _, word = text.partition("=")
    keyword = name.strip().replace("-", "_").replace(" ", "_")
    parameter = next((each for each in policy.parameters if each.attribute == keyword), None)
    if parameter is None:
        known = ", ".join(each.attribute for each in policy.parameters) or "none"
        raise click.UsageError(f"--given {text}: the parameters of {policy.name} are: {known}")
    words = {spelling.lower(): value for value in parameter.values for spelling in (str(value), parameter.label(value))}
    if word.strip().lower() not in words:
        raise click.UsageError(f"--given {text}: the values of {keyword} are: {', '.join(words)}")
    return keyword, words[word.strip().lower()]


def _choose_policy(name: str | None, place: str | None, assumptions: dict[str, Any]) -> Policy[Any, Any]:
    if name is None and place is None:
        raise click.UsageError("no rules were chosen: give --platform, or --policy for a policy of your own")
    if name is not None and place is not None:
        raise click.UsageError("--platform and --policy cannot be used together")
    if place is None:
        return policy_under(str(name), assumptions)
    if any(value is not None and value != () for value in assumptions.values()):
        raise click.UsageError("assumptions are chosen with --platform only; your own policy already contains them")
    return import_policy(place)


def endpoint_of(policy: Policy[Any, Any]) -> Endpoint[Any, Any]:
    """Return the endpoint that reads the orders and updates of a policy's platform.

    Raises:
        click.UsageError: no such endpoint is known.
    """
    context = click.get_current_context(silent=True)
    endpoint: Endpoint[Any, Any] | None = None if context is None else context.meta.get(_NAMED)
    if endpoint is None or endpoint.policy.order_type is not policy.order_type:
        endpoint = _ENDPOINTS.get(policy.order_type)
    if endpoint is None:
        raise click.UsageError(
            f"no Endpoint is known that reads orders of {policy.name}: "
            "give it as --policy, or define it in the policy's module"
        )
    return endpoint.under(policy)


def order_reader(policy: Policy[Any, Any], *, guest: bool) -> Callable[[bytes], Any]:
    """Return the function that reads an order of a policy's platform.

    Raises:
        click.UsageError: the platform is unknown, or takes no ``--guest``.
    """
    endpoint = endpoint_of(policy)
    if not guest:
        return endpoint.read_order
    if not endpoint.tells_guests:
        raise click.UsageError(f"--guest is not available for {policy.name}")
    return functools.partial(endpoint.read_order, guest=True)


def draw_table(
    title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = False, marked: bool = False
) -> str:
    """Render a table, or a list of records if the table is wider than the terminal (in a pipe: than COLUMNS).

    Only words in the first column may be broken over several lines.

    Args:
        title: the line above the table.
        heads: the headings of the columns.
        rows: the cells of each row.
        numbers: whether all columns except the first hold numbers.
        marked: whether the cells are markup, for example for colours.
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
    for index, (head, longest_word) in enumerate(zip(heads, longest, strict=True)):
        table.add_column(
            escape(escape_unprintable(head)),
            overflow="fold",
            min_width=min(longest_word, 16) if index == 0 else longest_word,
            justify="right" if numbers and index else "left",
        )
    for row in cells:
        table.add_row(*row)
    console = _console()
    size = console.measure(table, options=console.options.update(width=1000))
    heading = f"{title}\n" if numbers else ""
    if size.minimum <= console.width:
        return heading + draw(table)
    lines = [title]
    for first, *others in cells:
        lines += ["", f"[bold]{', '.join(first.splitlines())}[/]"]
        lines += [f"  {escape(head)}: {cell}" for head, cell in zip(heads[1:], others, strict=True)]
    return draw(*lines)


def report_problems(path: str, trouble: InvalidInput, language: Language = ENGLISH) -> None:
    """Print the problems of a file to standard error."""
    click.echo(f"{'standard input' if path == '-' else path}: {trouble.render(language)}", err=True)


def import_policy(place: str) -> Policy[Any, Any]:
    """Import a policy, or the policy of an endpoint.

    The endpoints of its module are remembered, for ``endpoint_of``.

    Args:
        place: ``MODULE:NAME`` or ``FILE.py:NAME``.

    Raises:
        click.UsageError: it cannot be imported, or is something else.
    """
    module, colon, name = place.rpartition(":")
    is_file = module.endswith(".py")
    if not (module and colon and name and (is_file or not module.startswith((".", "/")))):
        expected = "expected MODULE:NAME, such as shop.rules:POLICY, or FILE.py:NAME"
        raise click.UsageError(f"{place}: {expected}")
    sys.path.insert(0, "")
    try:
        imported = _import_file(module) if is_file else importlib.import_module(module)
        policy = getattr(imported, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # The user's module may raise anything, SystemExit included.
        raise click.UsageError(f"{place}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove("")
    candidates: list[Any] = [policy, *vars(imported).values()]
    endpoints: list[Endpoint[Any, Any]] = [value for value in candidates if isinstance(value, Endpoint)]
    for endpoint in endpoints:
        _ENDPOINTS.setdefault(endpoint.policy.order_type, endpoint)
    if isinstance(candidates[0], Endpoint):
        policy = endpoints[0].policy
        context = click.get_current_context(silent=True)
        if context is not None:
            context.meta.setdefault(_NAMED, endpoints[0])
    if not isinstance(policy, Policy):
        raise click.UsageError(
            f"{place}: expected a Policy or an Endpoint, got an object of type {type(policy).__name__}"
        )
    return policy  # pyright: ignore[reportUnknownVariableType]  # its order and patch types are unknown.


_FILES: Final[dict[Path, ModuleType]] = {}
"""The imported files, by their whole paths: a second import would make other classes."""


def _import_file(path: str) -> ModuleType:
    """Import a Python file once, under its name without folder and suffix if no other module has it."""
    whole = Path(path).resolve()
    if whole in _FILES:
        return _FILES[whole]
    name = whole.stem if whole.stem not in sys.modules else f"{whole.stem}_{len(_FILES)}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    _FILES[whole] = module
    return module
