"""The house: folders are layers, and a module imports only from its own folder and from folders below it."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import pytest

import orderrules
from orderrules import advice, analysis, authoring, errors

HOUSE: Final = Path(orderrules.__file__).parent
LAYERS: Final = (
    "cli",
    "audit",
    "testing",
    "integrations",
    "platforms",
    "authoring",
    "policy",
    "analysis",
    "engine",
    "grammar",
    "reading",
    "lazy",
)
"""The folders and files of the package, from the top."""
FACES: Final = ("__init__", "__main__", "errors", "advice")
"""The public names, which nothing inside imports."""
CORE: Final = LAYERS[LAYERS.index("platforms") :]
IO: Final = {
    *("io", "os", "pathlib", "socket", "ssl", "subprocess", "http", "urllib.request"),
    *("logging", "time", "tempfile", "shutil"),
}
TOOLS: Final = {
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
    "narwhals": {"integrations", "audit"},
    "pyarrow": {"audit"},
    "pygal": {"audit"},
    "click": {"cli"},
    "rich": {"cli", "testing"},
    "cattrs": {"reading"},
    "msgspec": {"reading"},
}
"""Which folders may import which libraries."""
MODULES: Final = {
    ".".join(("orderrules", *path.relative_to(HOUSE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(HOUSE.rglob("*.py"))
}


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """List what a module imports, whole dotted names, inside functions and for annotations too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return frozenset(found)


def layer_of(module: str) -> str:
    """Return the folder of a module, or its own name where it stands in none."""
    return module.split(".")[1] if "." in module else "__init__"


def arrows() -> dict[str, set[str]]:
    """Return the modules that each module imports."""
    return {
        module: {name for name in imports(path) if name in MODULES and name != module}
        for module, path in MODULES.items()
    }


def test_every_folder_is_a_layer() -> None:
    """Each has its place in the list."""
    assert {layer_of(module) for module in MODULES} == {*LAYERS, *FACES}


@pytest.mark.parametrize("module", [module for module in MODULES if layer_of(module) not in FACES])
def test_a_module_imports_from_its_own_folder_and_below(module: str) -> None:
    """Annotations and late imports included."""
    here = LAYERS.index(layer_of(module))
    for name in imports(MODULES[module]):
        if name in MODULES and name != "orderrules":
            assert layer_of(name) not in FACES, f"{module} imports the public face {name}"
            assert LAYERS.index(layer_of(name)) >= here, f"{module} imports {name}, which is above it"
        assert name != "orderrules", f"{module} imports the public face orderrules"


def test_no_module_imports_itself_by_way_of_others() -> None:
    """A cycle is named module by module."""
    packages = {module for module, path in MODULES.items() if path.stem == "__init__"}
    graph = {module: found - packages for module, found in arrows().items() if module not in packages}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("module", [module for module in MODULES if layer_of(module) in CORE])
def test_the_core_does_no_io(module: str) -> None:
    """So that it can be embedded anywhere."""
    assert not IO.intersection(imports(MODULES[module]))
    assert "open(" not in MODULES[module].read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_imported_by_its_own_folder_only(module: str) -> None:
    """The core needs attrs and cattrs alone."""
    for name in imports(MODULES[module]):
        assert layer_of(module) in TOOLS.get(name.split(".")[0], {layer_of(module)}), (module, name)


def test_cattrs_and_msgspec_are_imported_by_one_module_each() -> None:
    """The careful way, and the quick one."""
    found = {tool: [name for name, path in MODULES.items() if tool in imports(path)] for tool in ("cattrs", "msgspec")}
    assert found == {"cattrs": ["orderrules.reading.strict_reader"], "msgspec": ["orderrules.reading.msgspec_reader"]}


def test_platforms_import_neither_the_engine_nor_each_other() -> None:
    """They are data."""
    for name in ("salla", "awal"):
        found = imports(HOUSE / "platforms" / f"{name}.py")
        assert "orderrules.authoring" in found
        assert not any(
            other.startswith(("orderrules.platforms", "orderrules.engine.decision_table")) for other in found
        )


@pytest.mark.parametrize("module", [module for module in MODULES if module != "orderrules.platforms.salla"])
def test_no_other_module_asks_whether_a_platform_is_salla(module: str) -> None:
    """What must be known of a platform is asked of its endpoint."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    compared = [part for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node)]
    assert not [part for part in compared if isinstance(part, ast.Constant) and part.value in {"salla", "awal"}]


def test_integrations_import_only_what_they_share() -> None:
    """And the frameworks that are built on one another; nobody else imports them, but the audit."""
    shared = {"gate", "cache", "reports", "problems", "columns", "extras"}
    built_on = {"fastapi": {"starlette"}, "rest_framework": {"django"}}
    for module, path in MODULES.items():
        found = {name.split(".")[2] for name in imports(path) if name.startswith("orderrules.integrations.")}
        if layer_of(module) != "integrations":
            assert found <= ({"narwhals"} if module == "orderrules.audit.run" else set()), module
        elif path.stem != "__init__":
            assert found <= shared | built_on.get(path.stem, set()), module


def test_no_integration_names_a_platform_or_a_rule() -> None:
    """In its code; its documentation may."""
    for path in sorted((HOUSE / "integrations").glob("*.py")):
        names = {name.rsplit(".", 1)[-1] for name in imports(path)}
        assert not names & {"salla", "awal", "platforms", "Waiver"}, path


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_docstring(module: str) -> None:
    """Which says what is in it."""
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


def loaded_by(program: str) -> set[str]:
    """Run a program in a Python of its own, and return the modules that it loaded."""
    program = f"import sys; {program}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", ["orderrules", "orderrules.salla", "orderrules.integrations", "orderrules.testing"])
def test_importing_it_loads_no_other_library(name: str) -> None:
    """Each is loaded by what needs it: cattrs when something cannot be read, the extras by their own modules."""
    module, _, attribute = name.rpartition(".")
    program = f"from {module} import {attribute}" if module else f"import {name}"
    assert not loaded_by(program) & {*TOOLS}


def test_every_public_name_is_listed_once_and_there() -> None:
    """And has a docstring if it is a class or a function."""
    for face in (orderrules, authoring, advice, errors, analysis):
        assert len(face.__all__) == len(set(face.__all__))
        for name in face.__all__:
            thing = getattr(face, name)
            if callable(thing):
                assert thing.__doc__, name


def test_a_test_stands_where_its_module_does() -> None:
    """``tests/`` mirrors the folders."""
    here = {path.name for path in Path(__file__).parent.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert here <= {*LAYERS, "kit", "cases", "typing"}


@pytest.mark.parametrize("program", ["import hypothesis", "import orderrules.testing.plugin"])
def test_what_plugs_into_other_tools_loads_next_to_nothing(program: str) -> None:
    """Every suite that uses Hypothesis or pytest loads it, whether it asks for an order or not."""
    own = {name for name in loaded_by(program) if name.startswith("orderrules.")}
    assert own <= {
        "orderrules.lazy",
        "orderrules.testing",
        "orderrules.testing.hypothesis_entry_point",
        "orderrules.testing.plugin",
    }
