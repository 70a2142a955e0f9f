"""Puts the page *Try it* together: its own files, the exported JavaScript, the clauses with their examples, and Python.

Nothing is compiled or bundled: ``python docs/try/assemble.py OUT NODE_MODULES``, as ``make docs`` does.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from orderrules.cli.app import PLATFORMS
from orderrules.cli.rule_commands import read_clauses
from orderrules.export.npm_package import engine, rulebook_json

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
PAGE: Final = ("index.html", "*.css", "*.js", "ask.py")
PYODIDE: Final = ("pyodide.mjs", "pyodide.asm.mjs", "python_stdlib.zip", "pyodide-lock.json")
LIBRARIES: Final = ("attrs", "cattrs", "typing-extensions")
FIRST: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "salla": (
        ("completed", "order-completed", "update-everything"),
        ("review", "order-under-review", "update-everything"),
        ("paid", "order-pending", "update-payment"),
        ("draft", "order-draft", "update-customer"),
        ("webhook", "webhook-status-updated", "update-shipping"),
    ),
    "awal": (
        ("skip", "order-pending", "update-ship"),
        ("step", "order-pending", "update-accept"),
        ("notes", "order-delivered", "update-notes"),
    ),
}
"""The samples at the top of the list: a key of the page's words, and the files in ``examples``."""


def assemble(out: Path, node_modules: Path) -> None:
    """Write the page into a folder.

    Args:
        out: the folder, which is made anew.
        node_modules: where ``pyodide`` is. If it is not there, the page answers in JavaScript alone.
    """
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for pattern in PAGE:
        for file in HERE.glob(pattern):
            shutil.copy(file, out)
    for name, endpoint in PLATFORMS.items():
        folder = out / name
        folder.mkdir()
        folder.joinpath("engine.js").write_text(engine(rulebook_json(endpoint)), encoding="utf-8")
        _write_json(folder / "clauses.json", clauses_of(name))
    pyodide = node_modules / "pyodide"
    size = _add_python(out / "python", pyodide) if pyodide.is_dir() else 0
    _write_json(out / "site.json", {"version": version("orderrules"), "python": size})


def _add_python(out: Path, pyodide: Path) -> int:
    """Copy Pyodide, and the wheels that it installs; return how many bytes these are.

    What is large is compressed, whatever the server does.
    """
    out.mkdir()
    for name in PYODIDE:
        shutil.copy(pyodide / name, out)
    wasm = (pyodide / "pyodide.asm.wasm").read_bytes()
    out.joinpath("pyodide.asm.wasm.gz").write_bytes(gzip.compress(wasm, mtime=0))
    pinned = [f"{library}=={version(library)}" for library in LIBRARIES]
    options = ("--quiet", "--no-deps", "--wheel-dir", str(out))
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(ROOT), *pinned], check=True)  # noqa: S603 - ours.
    files = {file.name: file.stat().st_size for file in sorted(out.iterdir())}
    _write_json(out / "files.json", {"files": files, "wheels": [name for name in files if name.endswith(".whl")]})
    return sum(files.values())


def clauses_of(platform: str) -> dict[str, Any]:
    """Return the clauses and assumptions of a platform with their examples, and the samples of the page.

    Args:
        platform: the name of the platform.
    """
    clauses = {name: entry for name, entry in read_clauses().items() if entry["platform"] == platform}
    choices = {
        name: {
            "keyword": entry["keyword"],
            "answers": {other["name"]: other["value"] for other in entry["alternatives"]},
        }
        for name, entry in clauses.items()
        if "alternatives" in entry
    }
    samples = list(_first_samples(platform))
    entries: dict[str, Any] = {}
    for name, entry in clauses.items():
        described = {
            key: entry[key] for key in ("level", "text", "source", "why", "outside", "assumptions") if key in entry
        }
        entries[name] = {**described, "examples": []}
        for example in entry["example"]:
            if "order" in example or ("patch" in example and "order_id" not in example):
                entries[name]["examples"].append(len(samples))
                samples.append(_sample(name, example, choices))
    return {"entries": entries, "choices": choices, "samples": samples}


def _first_samples(platform: str) -> Iterator[dict[str, Any]]:
    for title, order, body in FIRST[platform]:
        texts = [
            (ROOT / "examples" / platform / f"{name}.json").read_text(encoding="utf-8").rstrip()
            for name in (order, body)
        ]
        yield {"title": title, "order": texts[0], "body": texts[1]}


def _sample(entry: str, example: dict[str, Any], choices: dict[str, Any]) -> dict[str, Any]:
    """Return an example of the norm as a sample; without an order, it is about the body alone."""
    settings = example.get("settings", {})
    chosen = {
        name: answer
        for name, choice in choices.items()
        for answer, value in choice["answers"].items()
        if settings.get(choice["keyword"]) == value
    }
    return {
        "of": entry,
        "says": example["says"],
        "expect": example["expect"],
        **({"order": _text(example["order"])} if "order" in example else {}),
        "body": _text(example.get("patch", {})),
        **({"guest": True} if example.get("guest") else {}),
        **({"assumptions": chosen} if chosen else {}),
        **({"action": example["action"]} if "action" in example else {}),
    }


def _text(document: object) -> str:
    return document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, indent=2, default=str)


def _write_json(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


if __name__ == "__main__":
    assemble(*map(Path, sys.argv[1:]))
