"""Draws the tables and diagrams in README.md and docs/ anew from the rules: ``python -m tests.tables``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from orderrules import Policy, awal, description, salla

ROOT: Final = Path(__file__).parent.parent
DOCUMENTS: Final = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
POLICIES: Final[dict[str, Policy[Any, Any]]] = {"salla": salla.POLICY, "awal": awal.POLICY}
_TABLE: Final = re.compile(r"<!-- table: (\w+) (\w+) -->\n.*?<!-- /table -->", re.DOTALL)
_DIAGRAM: Final = re.compile(r"<!-- diagram: (\w+) (\w+) -->\n.*?<!-- /diagram -->", re.DOTALL)


def drawn(document: str) -> str:
    """Return a document with all its tables and diagrams as the rules draw them."""

    def draw(found: re.Match[str]) -> str:
        name, platform = found.groups()
        table = getattr(description, name)(POLICIES[platform])
        return f"<!-- table: {name} {platform} -->\n{table}\n<!-- /table -->"

    def sketch(found: re.Match[str]) -> str:
        name, platform = found.groups()
        diagram = getattr(description, name)(POLICIES[platform])
        return f"<!-- diagram: {name} {platform} -->\n```{name}\n{diagram}\n```\n<!-- /diagram -->"

    return _DIAGRAM.sub(sketch, _TABLE.sub(draw, document))


if __name__ == "__main__":
    for path in DOCUMENTS:
        path.write_text(drawn(path.read_text(encoding="utf-8")), encoding="utf-8")
