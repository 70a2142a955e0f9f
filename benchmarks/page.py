"""Measures the page *Try it* of the built documentation in Chromium: bytes, and the time until it has answered.

Usage: ``python benchmarks/page.py``; writes the rows as JSON. The page, its server and the browser share one machine.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.page.site import BUILT, Opened, browsing, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

EDITS = """() => {
  const body = document.querySelector("#body");
  const took = [];
  for (let edit = 0; edit < 60; edit += 1) {
    const sent = { ...JSON.parse(body.value), branch_id: edit };
    if (edit % 3 === 0) delete sent.coupon_code; else sent.coupon_code = `EID${edit}`;
    body.value = JSON.stringify(sent, null, 2);
    const start = performance.now();
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.getBoundingClientRect();
    took.push(performance.now() - start);
  }
  return took;
}"""


def _bytes(files: list[Path]) -> str:
    raw = sum(file.stat().st_size for file in files)
    packed = sum(len(gzip.compress(file.read_bytes())) for file in files)
    return f"{raw / 1000:.0f} kB, {packed / 1000:.0f} kB with gzip"


def _spread(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.3g} {unit} ({min(values):.3g} to {max(values):.3g})"


def _ask(page: Page, act: str) -> float:
    """Do something, and return how many seconds Python then takes to agree."""
    start = time.perf_counter()
    page.evaluate(act)
    page.wait_for_selector("#python[data-agrees=true]", timeout=60_000)
    return time.perf_counter() - start


def rows() -> Iterator[tuple[str, str]]:
    """Measure everything."""
    folder = BUILT / "try"
    own = [*folder.glob("*.html"), *folder.glob("*.css"), folder / "site.json"]
    own += [file for file in folder.glob("*.js") if file.name != "worker.js"]
    for platform in ("salla", "awal"):
        yield f"bytes until the first answer, {platform}", _bytes([*own, *folder.glob(f"{platform}/*")])
    python = sum(file.stat().st_size for file in folder.glob("python/*"))
    yield "bytes of Python, compressed as they are", f"{python / 1e6:.1f} MB"
    first, edits, python_first, python_edits = ([] for _ in range(4))
    with serving() as address, browsing() as browser:
        for _ in range(7):
            opened = Opened(browser, address)
            page = opened()
            first.append(page.evaluate("performance.getEntriesByName('answered')[0].startTime"))
            edits += page.evaluate(EDITS)
            opened.close()
        for _ in range(3):
            opened = Opened(browser, address)
            page = opened()
            python_first.append(_ask(page, "document.querySelector('#ask').click()"))
            for edit in range(10):
                change = f"""() => {{ const body = document.querySelector("#body");
                  body.value = JSON.stringify({{ branch_id: {edit}, coupon_code: "EID" }});
                  body.dispatchEvent(new Event("input", {{ bubbles: true }})); }}"""
                python_edits.append(1000 * (_ask(page, change)))
            opened.close()
    yield "from the request of the page to its first answer", _spread(first, "ms")
    yield "an edit of the body, until all of the answer stands in the page", _spread(edits, "ms")
    yield "from *Ask Python* to its first answer", _spread(python_first, "s")
    yield "Python's answer to an edit, 40 ms of waiting for the next key included", _spread(python_edits, "ms")


if __name__ == "__main__":
    with browsing() as chromium:
        version = chromium.version
    print(json.dumps({"browser": f"Chromium {version}", "rows": list(rows())}, indent=1))
