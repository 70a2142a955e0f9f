"""The audit itself: read the orders of a file, decide on them with dataframe expressions, count and write.

All of it happens one batch of rows at a time. Import this module only when an audit begins: Arrow and narwhals are
large.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import attrs
import narwhals as nw

from orderrules.audit.counts import Tally, few
from orderrules.audit.files import decompress, iterate_named, name_in_errors, write_whole
from orderrules.audit.lines import of_csv, of_json, of_payloads
from orderrules.audit.parquet import of_parquet, verdict_writer
from orderrules.grammar.rules import combine_answers
from orderrules.integrations.narwhals import verdicts

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from orderrules.audit.rows import Apart, Batch, Wanted
    from orderrules.grammar.orders import OrderBase
    from orderrules.grammar.rules import Assumption
    from orderrules.policy.policy import Policy


@attrs.frozen
class Survey:
    """The settings of an audit.

    Attributes:
        policy: the rules.
        patch: the update.
        orders: the path of the file with the orders, or ``-`` for standard input.
        kind: the type of that file: ``parquet``, ``csv`` or ``jsonl``.
        payloads: whether each line is an order as the API returns it.
        delimiter: the character between fields of CSV.
        wanted: what is read from a row.
        read_order: reads a line that is an order as the API returns it.
        outputs: the files to write, by ``verdicts``, ``rejected`` and ``picture``; each may be left out.
    """

    policy: Policy[Any, Any]
    patch: Any
    orders: str
    kind: str
    payloads: bool
    delimiter: str
    wanted: Wanted
    read_order: Callable[[bytes], OrderBase[Any]]
    outputs: dict[str, Path]

    @property
    def place(self) -> str:
        """What the place of an order is called: ``row`` or ``line``, counted from one."""
        return "row" if self.kind == "parquet" else "line"

    @property
    def assumptions(self) -> list[Assumption]:
        """The assumptions that the result rests on: with another answer, other orders would allow the update."""
        guard = self.policy.guard(self.patch)
        return [
            assumption
            for assumption in self.policy.assumptions
            if not all(
                attrs.evolve(self.policy, rules=combine_answers(self.policy.rules, [other]))
                .guard(self.patch)
                .means(guard)
                for other in assumption.alternatives
                if other.rules
            )
        ]

    def run(self, headline: Callable[[Tally], str], progress: Callable[[int, int | None], object]) -> Tally:
        """Run the audit, and return the counts.

        Args:
            headline: returns the title of the picture.
            progress: called after each batch with how much of the file was read and how much it has, in bytes, or in
                rows of Parquet. The second is None if it is not known.

        Raises:
            OSError: a file cannot be read or written.
            UnusableError: the file of orders lacks a column, or is not of its type. No file is written then.
        """
        by = self.wanted.facts[0]
        tally = Tally(by)
        columns = {fact.attribute: fact.attribute for fact in self.wanted.facts}
        expression = verdicts(self.policy, self.patch, columns)
        has_id = self.payloads or self.wanted.identity is not None
        # The stack closes in reverse order: the files are closed before write_whole renames them.
        with contextlib.ExitStack() as stack:
            temporary = stack.enter_context(write_whole(list(self.outputs.values())))
            paths = dict(zip(self.outputs, temporary, strict=True))
            write: Callable[[Any], None] | None = None
            if "verdicts" in paths:
                write = stack.enter_context(verdict_writer(paths["verdicts"], self.wanted, self.place, has_id=has_id))
            rejects = (
                stack.enter_context(paths["rejected"].open("w", encoding="utf-8")) if "rejected" in paths else None
            )
            batches, total = stack.enter_context(self._open())
            for batch in batches:
                judged: nw.DataFrame[Any] = nw.from_native(batch.table, eager_only=True).with_columns(expression)
                counts = judged.group_by(by.attribute, "violations").agg(nw.len().alias("orders"))
                for status, violations, orders in counts.iter_rows():
                    tally.add(status, violations, orders)
                tally.set_apart(batch.apart)
                if write is not None:
                    with name_in_errors(str(self.outputs["verdicts"])):
                        write(judged.to_native())
                if rejects is not None:
                    with name_in_errors(str(self.outputs["rejected"])):
                        rejects.writelines(self._reject_line(apart) for apart in batch.apart)
                progress(batch.done, total)
            if "picture" in paths:
                from orderrules.audit.chart import picture

                with name_in_errors(str(self.outputs["picture"])):
                    paths["picture"].write_bytes(picture(headline(tally), few(tally.statuses())))
        return tally

    def _reject_line(self, apart: Apart) -> str:
        """Return a JSON line for a row that cannot be read, with all its problems."""
        problems = [problem.to_dict() for problem in apart.error.problems]
        record = {self.place: apart.place, "problems": problems, "more": apart.error.more, **apart.raw}
        return json.dumps(record, ensure_ascii=False) + "\n"

    @contextlib.contextmanager
    def _open(self) -> Generator[tuple[Iterator[Batch], int | None]]:
        """Open the file of orders; yield its batches, and its size in rows or bytes if that is known."""
        if self.kind == "parquet":
            total, batches = of_parquet(Path(self.orders), self.wanted)
            yield batches, total
            return
        is_input = self.orders == "-"
        name = "standard input" if is_input else self.orders
        with contextlib.ExitStack() as stack:
            with name_in_errors(name):
                stream = sys.stdin.buffer if is_input else stack.enter_context(Path(self.orders).open("rb"))
                plain, was_compressed = decompress(stream)
                size = None if is_input or was_compressed else Path(self.orders).stat().st_size
            yield iterate_named(name, lambda: self._read_lines(plain)), size

    def _read_lines(self, stream: IO[bytes]) -> Iterator[Batch]:
        if self.kind == "csv":
            return of_csv(stream, self.wanted, self.delimiter)
        if self.payloads:
            return of_payloads(stream, self.wanted, self.read_order)
        return of_json(stream, self.wanted)
