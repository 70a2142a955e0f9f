"""An audit under way: the orders of a file are read, decided on by expressions, counted and written, batch by batch.

It must never know a rule, nor how what was found is shown. It is imported when an audit begins, for what it needs is
large.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs
import click
import narwhals as nw
from rich.console import Console
from rich.progress import Progress

from orderrules._table import under
from orderrules.cli import _app, _whole
from orderrules.cli._formats import of_csv, of_json, of_payloads
from orderrules.cli._parquet import of_parquet, written
from orderrules.cli._plain import each_named, named, uncompressed
from orderrules.cli._rows import UnusableError, Wanted
from orderrules.cli._tally import Tally, few
from orderrules.integrations.narwhals import verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from orderrules import Policy, Reading
    from orderrules.cli._rows import Apart, Batch

__all__ = ["Survey", "UnusableError", "Wanted"]


@attrs.frozen
class Survey:
    """What is audited, and what is to be written of it.

    Attributes:
        policy: the rules.
        patch: the update.
        orders: the file with the orders, or ``-``.
        kind: what kind of file that is: ``parquet``, ``csv`` or ``jsonl``.
        payloads: whether its lines are orders as the API answers them.
        delimiter: what stands between the fields of CSV.
        wanted: what is read of a row.
        outputs: where to write verdicts, rejected rows and the picture, by these names; what is not wanted is left out.
    """

    policy: Policy[Any, Any]
    patch: Any
    orders: str
    kind: str
    payloads: bool
    delimiter: str
    wanted: Wanted
    outputs: dict[str, Path]

    @property
    def place(self) -> str:
        """What the place of an order is counted in, from one."""
        return "row" if self.kind == "parquet" else "line"

    @property
    def readings(self) -> list[Reading]:
        """The readings under whose alternatives other orders would allow the update."""
        guard = self.policy.guard(self.patch)
        return [
            reading
            for reading in self.policy.readings
            if not all(
                attrs.evolve(self.policy, rules=under(self.policy.rules, other.rules)).guard(self.patch).means(guard)
                for other in reading.alternatives
                if other.rules
            )
        ]

    def run(self, headline: Callable[[Tally], str]) -> Tally:
        """Read, decide, count and write; give the counts.

        Args:
            headline: gives what stands above the picture.

        Raises:
            UnusableError: the file lacks a column, or is none of its kind; nothing is written then.
        """
        by = self.wanted.facts[0]
        tally = Tally(by)
        columns = {fact.attribute: fact.attribute for fact in self.wanted.facts}
        expression = verdicts(self.policy, self.patch, columns)
        has_id = self.payloads or self.wanted.identity is not None
        # What was opened last is closed first, so that files are moved to their places when they are closed.
        with contextlib.ExitStack() as stack:
            beside = stack.enter_context(_whole.whole(list(self.outputs.values())))
            paths = dict(zip(self.outputs, beside, strict=True))
            write: Callable[[Any], None] | None = None
            if "verdicts" in paths:
                write = stack.enter_context(written(paths["verdicts"], self.wanted, self.place, has_id=has_id))
            aside = stack.enter_context(paths["rejected"].open("w", encoding="utf-8")) if "rejected" in paths else None
            for batch in stack.enter_context(self._watched()):
                judged: nw.DataFrame[Any] = nw.from_native(batch.table, eager_only=True).with_columns(expression)
                counts = judged.group_by(by.attribute, "violations").agg(nw.len().alias("orders"))
                for status, violations, orders in counts.iter_rows():
                    tally.add(status, violations, orders)
                tally.set_apart(batch.apart)
                if write is not None:
                    with named(str(self.outputs["verdicts"])):
                        write(judged.to_native())
                if aside is not None:
                    with named(str(self.outputs["rejected"])):
                        aside.writelines(self._rejected(apart) for apart in batch.apart)
            if "picture" in paths:
                from orderrules.cli._picture import picture

                with named(str(self.outputs["picture"])):
                    paths["picture"].write_bytes(picture(headline(tally), few(tally.statuses())))
        return tally

    def _rejected(self, apart: Apart) -> str:
        """Write down a row that cannot be read, with all that is wrong with it."""
        problems = [problem.to_dict() for problem in apart.error.problems]
        told = {self.place: apart.place, "problems": problems, "more": apart.error.more, **apart.raw}
        return json.dumps(told, ensure_ascii=False) + "\n"

    @contextlib.contextmanager
    def _watched(self) -> Generator[Iterator[Batch]]:
        """Open the orders, and show how far they are read where someone looks on."""
        console = Console(stderr=True)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            if self.kind == "parquet":
                total, batches = of_parquet(Path(self.orders), self.wanted)
                yield _shown(batches, progress, total)
            else:
                where = "standard input" if self.orders == "-" else self.orders
                with contextlib.ExitStack() as opened:
                    with named(where):
                        stream = opened.enter_context(click.open_file(self.orders, "rb"))
                        plain, was_compressed = uncompressed(stream)
                        unknown = self.orders == "-" or was_compressed
                        size = None if unknown else Path(self.orders).stat().st_size
                    yield _shown(each_named(where, lambda: self._lines(plain)), progress, size)

    def _lines(self, stream: IO[bytes]) -> Iterator[Batch]:
        if self.kind == "csv":
            return of_csv(stream, self.wanted, self.delimiter)
        if self.payloads:
            return of_payloads(stream, self.wanted, _app.order_reader(self.policy, guest=False))
        return of_json(stream, self.wanted)


def _shown(batches: Iterator[Batch], progress: Progress, total: int | None) -> Iterator[Batch]:
    task = progress.add_task("auditing", total=total)
    for batch in batches:
        yield batch
        progress.update(task, completed=batch.done)
