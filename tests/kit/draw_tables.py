"""Writes the tables and diagrams in README.md and docs/, from the rules and from the results of ``make bench``.

Run it with ``python -m tests.kit.draw_tables``.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderrules import salla
from orderrules.analysis import tables_and_diagrams as tables
from orderrules.engine.decision_table import table_of
from orderrules.languages import en
from orderrules.languages.sentences import group_thousands
from tests.kit.draw_commands import commands
from tests.kit.draw_sentences import draw_counts, draw_fragments, draw_sentences, draw_words
from tests.kit.draw_vectors import draw_planted, draw_vectors
from tests.kit.markdown import table
from tests.kit.specs import POLICIES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parent.parent.parent
DOCUMENTS: Final = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs").glob("[a-z]*/*.md")),
]
_TABLE: Final = re.compile(r"<!-- table: (\w+) (\w+) -->\n.*?<!-- /table -->", re.DOTALL)
_SENTENCES: Final = re.compile(r"<!-- sentences: (\w+) -->\n.*?<!-- /sentences -->", re.DOTALL)
_BOTH: Final = re.compile(r"<!-- both: (\w+) (\w*) -->\n.*?<!-- /both -->", re.DOTALL)
_DIAGRAM: Final = re.compile(r"<!-- diagram: (\w+) (\w+) -->\n.*?<!-- /diagram -->", re.DOTALL)
_COMMANDS: Final = re.compile(r"<!-- commands -->\n.*?<!-- /commands -->", re.DOTALL)
_VECTORS: Final = re.compile(r"<!-- (vectors|planted) -->\n.*?<!-- /\1 -->", re.DOTALL)
_WITNESSES: Final = re.compile(r"<!-- witnesses -->\n.*?<!-- /witnesses -->", re.DOTALL)
_RESULTS: Final = re.compile(r"<!-- results: (\w+) -->\n.*?<!-- /results -->", re.DOTALL)
_COUNTED: Final = re.compile(r"(\{\w+):(\w+)\}")
RESULTS: Final[dict[str, Any]] = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
ON_3_13: Final[dict[str, Any]] = json.loads((ROOT / "benchmarks" / "results-3.13.json").read_text(encoding="utf-8"))
JAVASCRIPT: Final[dict[str, Any]] = json.loads((ROOT / "benchmarks" / "javascript.json").read_text(encoding="utf-8"))
PAGE: Final[dict[str, Any]] = json.loads((ROOT / "benchmarks" / "page.json").read_text(encoding="utf-8"))
WITNESSES: Final = {
    "passed": "tests",
    "points": "decisions on which table and oracle agree",
    "mutants": "changed rules, each noticed by a test",
}


def results(part: str) -> str:
    """Return a table of benchmark results."""
    if part == "machine":
        machine = RESULTS["machine"]
        versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
        return f"CPython {machine['python']} on {machine['system']}, with {versions}."
    if part == "both":
        return table([["what", "against", "CPython 3.11", "CPython 3.13", "goal"], *_both_pythons()])
    if part == "weight":
        table_size = sum(len(table_of(salla.POLICY).row(index)) for index in range(salla.Order.__space__.size))
        return f"Salla's policy with all its {group_thousands(table_size)} decisions made: {RESULTS['kib']} KiB."
    if part in {"javascript", "page"}:
        return _outside_python(part)
    if part in RESULTS["tables"]:
        measured = RESULTS["tables"][part]
        return table([measured["heads"], *measured["cells"]])
    return table([RESULTS["heads"], *(row["cells"] for row in RESULTS["parts"][part])])


def _outside_python(part: str) -> str:
    if part == "page":
        return table([["what", f"{PAGE['browser']}: median, lowest and highest"], *PAGE["rows"]])
    rows = [[row["what"], row["against"], f"{row['ratio']:.3g}", *_times(row)] for row in JAVASCRIPT["rows"]]
    return table([["what", "against", f"ratio, node {JAVASCRIPT['node']}", "time", "theirs"], *rows])


def _times(row: dict[str, float]) -> list[str]:
    return [
        f"{row[name] / 1000:.2g} µs" if row[name] > 1000 else f"{row[name]:.3g} ns"
        for name in ("nanoseconds", "theirs")
    ]


def witnesses() -> str:
    """Return a table of what the tests count."""
    counts: dict[str, int] = tomllib.loads((ROOT / "tests" / "counts.toml").read_text(encoding="utf-8"))
    specs = [tomllib.loads((ROOT / "specs" / f"{name}.toml").read_text(encoding="utf-8")) for name in POLICIES]
    clauses = [clause for spec in specs for clause in spec["clause"]]
    rows = [[group_thousands(len(clauses)), "clauses of the two pages"]]
    rows += [[group_thousands(sum(len(clause["example"]) for clause in clauses)), "written examples of them"]]
    rows += [[group_thousands(counts[name]), words] for name, words in WITNESSES.items()]
    return table([["how many", "what"], *rows])


def _both_pythons() -> Iterator[list[str]]:
    """Yield the rows that were measured with both versions of Python: the ratios with each, and the goal."""
    for part, rows in ON_3_13["parts"].items():
        former = {(row["what"], row["against"]): row["cells"] for row in RESULTS["parts"][part]}
        for row in rows:
            what, against, ratio, *_, goal = row["cells"]
            yield [what, against, former[what, against][2], ratio, goal.removesuffix(", missed")]


def drawn(document: str) -> str:
    """Return a document with all its tables and diagrams made from the rules."""

    def replace_table(match: re.Match[str]) -> str:
        name, platform = match.groups()
        return f"<!-- table: {name} {platform} -->\n{tables.TABLES[name](POLICIES[platform])}\n<!-- /table -->"

    def replace_diagram(match: re.Match[str]) -> str:
        name, platform = match.groups()
        diagram = getattr(tables, name)(POLICIES[platform])
        return f"<!-- diagram: {name} {platform} -->\n```{name}\n{diagram}\n```\n<!-- /diagram -->"

    def replace_results(match: re.Match[str]) -> str:
        return f"<!-- results: {match[1]} -->\n{results(match[1])}\n<!-- /results -->"

    def replace_both(match: re.Match[str]) -> str:
        what, name = match.groups()
        of_platform = {"sentences": draw_sentences, "words": draw_words}
        of_language = {"fragments": draw_fragments, "counts": draw_counts}
        drawn_table = of_platform[what](name) if name else of_language[what]()
        return f"<!-- both: {what} {name} -->\n{drawn_table}\n<!-- /both -->"

    def replace_sentences(match: re.Match[str]) -> str:
        fragments: dict[str, str] = dict(getattr(en, match[1]))
        rows = [
            [f"`{code.replace('.', '`, `')}`", f"`{sentence.replace('{{}}', '{}')}`"]
            for code, sentence in ((code, _COUNTED.sub(r"\1} \2s", text)) for code, text in fragments.items())
        ]
        heads = ["code" if match[1] == "HINTS" else "code, reason", "sentence"]
        return f"<!-- sentences: {match[1]} -->\n{table([heads, *rows])}\n<!-- /sentences -->"

    document = _BOTH.sub(replace_both, document)
    of_vectors = {"vectors": draw_vectors, "planted": draw_planted}
    document = _VECTORS.sub(
        lambda match: f"<!-- {match[1]} -->\n{of_vectors[match[1]]()}\n<!-- /{match[1]} -->", document
    )
    document = _WITNESSES.sub(lambda _: f"<!-- witnesses -->\n{witnesses()}\n<!-- /witnesses -->", document)
    document = _COMMANDS.sub(lambda _: f"<!-- commands -->\n{commands()}\n<!-- /commands -->", document)
    document = _SENTENCES.sub(replace_sentences, document)
    return _RESULTS.sub(replace_results, _DIAGRAM.sub(replace_diagram, _TABLE.sub(replace_table, document)))


if __name__ == "__main__":
    for path in DOCUMENTS:
        path.write_text(drawn(path.read_text(encoding="utf-8")), encoding="utf-8")
