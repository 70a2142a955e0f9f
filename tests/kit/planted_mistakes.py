"""Mistakes that are planted in ``engine.js``, each of which the vectors must notice.

``python -m tests.kit.planted_mistakes`` (``make planted``) runs the vectors of both platforms against each, and writes
down which parts of them fail; the documentation lists them.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from orderrules.cli.app import PLATFORMS
from orderrules.export import package_files, write_package

FOLDER: Final = Path(__file__).parents[1] / "export"
MISTAKES: Final[list[dict[str, str]]] = tomllib.loads((FOLDER / "mutants.toml").read_text(encoding="utf-8"))["mutant"]
NOTICED: Final = FOLDER / "noticed.json"


def run_vectors(folder: Path) -> list[str]:
    """Run a package's vectors; return the parts that fail."""
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, "--test-reporter=tap", "index.test.js"], cwd=folder, capture_output=True, text=True, check=False
    )
    failed = re.findall(r"^ *not ok \d+ - (.+)$", done.stdout, re.MULTILINE)
    assert bool(failed) == (done.returncode != 0), done.stdout + done.stderr
    return failed


def noticed_by(mistake: dict[str, str], packages: dict[str, Path], elsewhere: Path) -> dict[str, list[str]]:
    """Plant a mistake in a copy of each package; return the parts of the vectors that notice it, by platform."""
    parts: dict[str, list[str]] = {}
    for platform, package in packages.items():
        folder = elsewhere / f"{MISTAKES.index(mistake)}-{platform}"
        shutil.copytree(package, folder)
        code = (folder / "index.js").read_text(encoding="utf-8")
        assert code.count(mistake["old"]) == 1, mistake["says"]
        (folder / "index.js").write_text(code.replace(mistake["old"], mistake["new"]), encoding="utf-8")
        failed = run_vectors(folder)
        if failed:
            parts[platform] = failed
        shutil.rmtree(folder)
    return parts


def measure(elsewhere: Path, mistakes: list[dict[str, str]]) -> dict[str, dict[str, list[str]]]:
    """Return what notices each of some mistakes."""
    packages = {name: elsewhere / name for name in PLATFORMS}
    for name, endpoint in PLATFORMS.items():
        write_package(endpoint, packages[name])
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda mistake: noticed_by(mistake, packages, elsewhere), mistakes)
        return {mistake["says"]: parts for mistake, parts in zip(mistakes, found, strict=True)}


def digest() -> str:
    """Return a digest of all that a measurement depends on: mistakes, engines, vectors and what runs them."""
    packages = [package_files(endpoint) for endpoint in PLATFORMS.values()]
    files = [package[name] for package in packages for name in ("index.js", "vectors.json", "index.test.js")]
    return hashlib.sha256(json.dumps([MISTAKES, files]).encode()).hexdigest()


def main() -> int:
    """Measure, and write it down."""
    with tempfile.TemporaryDirectory() as elsewhere:
        noticed = measure(Path(elsewhere), MISTAKES)
    NOTICED.write_text(json.dumps({"digest": digest(), "noticed": noticed}, indent=1) + "\n", encoding="utf-8")
    missed = [says for says, parts in noticed.items() if not parts]
    sys.stdout.write("".join(f"not noticed: {says}\n" for says in missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
