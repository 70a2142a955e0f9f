"""The command export: a rulebook as JSON, or as a JavaScript package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from orderrules.cli import app as _app
from orderrules.cli.app import ALLOWED, ASSUMPTIONS, REFUSED, Answered, choose_policy, to_json
from orderrules.export import npm_package as exporting

if TYPE_CHECKING:
    from orderrules.policy.endpoint import Endpoint


def export(
    name: str | None,
    place: str | None,
    form: str,
    folder: str | None,
    vendored: str | None,
    **assumptions: Any,  # noqa: ANN401 - parsed by click.
) -> NoReturn:
    r"""Export a rulebook as JSON, or as a JavaScript package.

    --to json writes the rulebook to standard output: facts, rules, waivers, assumptions and their alternatives, words
    in all languages, where an order stands in a payload, and the JSON Schema of a body.

    --to js writes an npm package without dependencies into the folder of --out: an ES module, its types, the rulebook,
    and the test vectors. --check says whether such a folder, which you keep in your own repository, is still what would
    be written now.

    \b
    Examples:
      orderrules export --platform salla > rulebook.json
      orderrules export --platform awal --to js --out vendor/orderrules-awal
      orderrules export --platform awal --check vendor/orderrules-awal

    Exit status: 0 success, 1 the folder of --check is out of date, 2 error (unreadable input or wrong usage).
    """
    policy = choose_policy(name, place, assumptions)
    endpoint = _app.endpoint_of(policy)
    try:
        _answer(endpoint, form, folder, vendored)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _answer(endpoint: Endpoint[Any, Any], form: str, folder: str | None, vendored: str | None) -> NoReturn:
    if vendored is not None:
        outdated = exporting.check(endpoint, Path(vendored))
        lines = [
            f"{file}: {'not what would be written now' if Path(vendored, file).exists() else 'missing'}"
            for file in outdated
        ]
        raise Answered("".join(f"{line}\n" for line in lines or ["up to date"]), REFUSED if outdated else ALLOWED)
    if form == "json":
        if folder is not None:
            raise click.UsageError("--out is for --to js; the JSON is written to standard output")
        raise Answered(to_json(exporting.rulebook_json(endpoint)), ALLOWED)
    if folder is None:
        raise click.UsageError("--to js needs --out, the folder of the package")
    files = exporting.write_package(endpoint, Path(folder))
    raise Answered("".join(f"{Path(folder) / file}\n" for file in files), ALLOWED)


_app.add_command(
    export,
    export,
    [
        _app.platform_option(),
        _app.POLICY,
        click.Option(
            ["--to", "form"],
            type=click.Choice(["json", "js"]),
            default="json",
            show_default=True,
            help="What is written.",
        ),
        click.Option(
            ["--out", "folder"], metavar="DIR", help="The folder of the package; it is made if it is missing."
        ),
        click.Option(["--check", "vendored"], metavar="DIR", help="Compare the package in this folder instead."),
        *ASSUMPTIONS,
    ],
)
