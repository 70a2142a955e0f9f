"""The arrows between the rooms, and what each must never know."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

import orderrules

HOUSE: Final = Path(orderrules.__file__).parent
CORE: Final = (
    "_values",
    "_conditions",
    "_order",
    "_patch",
    "_lookup",
    "_doors",
    "_endpoint",
    "_limits",
    "_json",
    "_models",
    "_advice",
    "_guards",
    "_navigation",
    "_rules",
    "_decision",
    "_table",
    "_wire",
    "_convert",
    "_quick",
    "_fast",
    "errors",
    "_samples",
    "_meaning",
    "_lint",
    "_schema",
    "analysis",
    "description",
    "vectors",
)
IO: Final = {
    "io",
    "os",
    "pathlib",
    "socket",
    "ssl",
    "subprocess",
    "http",
    "urllib.request",
    "logging",
    "time",
    "tempfile",
    "shutil",
}


@functools.cache
def imports(module: Path, *, lazy: bool = True) -> frozenset[str]:
    """List what a module imports, whole dotted names, inside functions too unless told otherwise."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    nodes = ast.walk(tree) if lazy else iter(tree.body)
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return frozenset(found)


def reaches(module: str, room: str) -> bool:
    """Say whether a module imports another, or anything in it."""
    return any(name == room or name.startswith(f"{room}.") for name in imports(HOUSE / f"{module}.py"))


@pytest.mark.parametrize("platform", ["platforms/salla", "platforms/awal"])
def test_platforms_import_the_grammar_and_never_the_engine(platform: str) -> None:
    """Nor each other."""
    assert reaches(platform, "orderrules._rules")
    assert not reaches(platform, "orderrules._table")
    assert not reaches(platform, "orderrules.platforms")
    assert not reaches(platform, "cattrs")


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_no_platform_and_no_io(module: str) -> None:
    """So that it can be embedded anywhere, and knows every platform alike."""
    assert not reaches(module, "orderrules.platforms")
    assert not reaches(module, "orderrules.cli")
    assert not any(reaches(module, name) for name in IO)
    assert "open(" not in (HOUSE / f"{module}.py").read_text(encoding="utf-8")


def test_hypothesis_and_pytest_are_imported_by_the_test_kit_only() -> None:
    """And click and rich by the command line, or where the plugin shows what it saw."""
    rooms = {
        "hypothesis": {"testing"},
        "pytest": {"testing"},
        "httpx": {"testing", "integrations"},
        "requests": {"integrations"},
        "urllib3": {"integrations"},
        "starlette": {"integrations"},
        "fastapi": {"integrations"},
        "django": {"integrations"},
        "rest_framework": {"integrations"},
        "sqlalchemy": {"integrations"},
        "narwhals": {"integrations", "cli"},
        "pyarrow": {"cli"},
        "pygal": {"cli"},
        "click": {"cli"},
        "rich": {"cli", "testing"},
    }
    for path in sorted(HOUSE.rglob("*.py")):
        room = path.relative_to(HOUSE).parts[0]
        for name in imports(path):
            assert room in rooms.get(name.split(".")[0], {room}), (path, name)


def test_cattrs_and_msgspec_have_one_importer_each() -> None:
    """They are the boundary."""
    assert [path.stem for path in sorted(HOUSE.rglob("*.py")) if "msgspec" in imports(path)] == ["_fast"]
    assert [path.stem for path in sorted(HOUSE.rglob("*.py")) if "cattrs" in imports(path)] == ["_convert"]


def test_the_grammar_imports_no_room_behind_its_doors() -> None:
    """At the top of the module; a door is opened when it is first used."""
    assert "orderrules._table" not in imports(HOUSE / "_rules.py", lazy=False)
    assert "orderrules._wire" not in imports(HOUSE / "platforms" / "salla.py", lazy=False)


def test_every_module_says_what_it_knows() -> None:
    """In a docstring; one past 200 lines says why it is long."""
    for path in HOUSE.rglob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        told = ast.get_docstring(ast.parse("\n".join(lines)))
        assert told, path
        if len(lines) > 200:
            assert "longer than most" in told, path


def test_importing_it_brings_neither_hypothesis_nor_the_extras() -> None:
    """Nor cattrs, before something is read."""
    program = (
        "import sys, orderrules; "
        "print(sorted(sys.modules.keys() & {'hypothesis', 'click', 'rich', 'cattrs', 'msgspec', 'pytest'}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"


def test_every_public_name_is_listed_once_and_there() -> None:
    """And has a docstring where it is a class or a function."""
    assert len(orderrules.__all__) == len(set(orderrules.__all__))
    for name in orderrules.__all__:
        thing = getattr(orderrules, name)
        if callable(thing):
            assert thing.__doc__, name


def test_integrations_are_imported_by_nobody_else() -> None:
    """Nor by each other, but for what they share and the frameworks that are built on one another."""
    shared = {"_gate", "_kept", "_reports", "problems", "_columns", "_extras"}
    built_on = {"fastapi": {"starlette"}, "rest_framework": {"django"}}
    for path in sorted(HOUSE.rglob("*.py")):
        found = {name.split(".")[2] for name in imports(path) if name.startswith("orderrules.integrations.")}
        if path.parent.name != "integrations":
            assert found <= ({"narwhals"} if path.stem == "_survey" else set()), path  # The command that audits.
        elif path.stem != "__init__":
            assert found <= shared | built_on.get(path.stem, set()), path


def test_no_integration_names_a_platform_or_a_rule() -> None:
    """In its code; its documentation may."""
    for path in sorted((HOUSE / "integrations").glob("*.py")):
        names = {name.rsplit(".", 1)[-1] for name in imports(path)}
        assert not names & {"salla", "awal", "platforms", "Rule", "Waiver"}, path


@pytest.mark.parametrize("name", ["orderrules.integrations", "orderrules"])
def test_importing_integrations_brings_none_of_their_tools(name: str) -> None:
    """Each module brings its own."""
    program = (
        f"import sys, {name}; "
        "tools = {'httpx', 'requests', 'starlette', 'fastapi', 'django', 'sqlalchemy', 'narwhals'}; "
        "print(sorted(sys.modules.keys() & tools))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout == "[]\n"
