"""The architecture: folders are layers, and a module imports only from its own folder and from folders below it."""

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

PACKAGE: Final = Path(orderrules.__file__).parent
LAYERS: Final = (
    "cli",
    "audit",
    "export",
    "testing",
    "integrations",
    "platforms",
    "authoring",
    "policy",
    "analysis",
    "engine",
    "grammar",
    "reading",
    "languages",
    "lazy",
)
"""The folders and modules of the package, from the top layer down."""
PUBLIC_MODULES: Final = ("__init__", "__main__", "errors", "advice")
"""The modules with the public names; no other module imports them."""
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
    "uvicorn": {"cli"},
    "cattrs": {"reading"},
    "msgspec": {"reading"},
}
"""The folders that may import each library."""
MODULES: Final = {
    ".".join(("orderrules", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


@functools.cache
def imported_names(path: Path) -> frozenset[str]:
    """List the full dotted names that a module imports, also inside functions and for annotations."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{name.name}" for name in node.names)
    return frozenset(names)


def layer_of(module: str) -> str:
    """Return the folder of a module, or its own name if it is in no folder."""
    return module.split(".")[1] if "." in module else "__init__"


def imports_by_module() -> dict[str, set[str]]:
    """Return the modules of the package that each module imports."""
    return {
        module: {name for name in imported_names(path) if name in MODULES and name != module}
        for module, path in MODULES.items()
    }


def test_every_folder_is_a_layer() -> None:
    """Every folder and module has its place in the list."""
    assert {layer_of(module) for module in MODULES} == {*LAYERS, *PUBLIC_MODULES}


@pytest.mark.parametrize("module", [module for module in MODULES if layer_of(module) not in PUBLIC_MODULES])
def test_a_module_imports_from_its_own_folder_and_below(module: str) -> None:
    """Annotations and late imports are included."""
    here = LAYERS.index(layer_of(module))
    for name in imported_names(MODULES[module]):
        if name in MODULES and name != "orderrules":
            assert layer_of(name) not in PUBLIC_MODULES, f"{module} imports the public face {name}"
            assert LAYERS.index(layer_of(name)) >= here, f"{module} imports {name}, which is above it"
        assert name != "orderrules", f"{module} imports the public face orderrules"


def test_there_are_no_import_cycles() -> None:
    """The failure message names the modules of the cycle."""
    packages = {module for module, path in MODULES.items() if path.stem == "__init__"}
    graph = {module: names - packages for module, names in imports_by_module().items() if module not in packages}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("module", [module for module in MODULES if layer_of(module) in CORE])
def test_the_core_does_no_io(module: str) -> None:
    """The core can then be embedded anywhere."""
    assert not IO.intersection(imported_names(MODULES[module]))
    assert "open(" not in MODULES[module].read_text(encoding="utf-8")


@pytest.mark.parametrize("module", MODULES)
def test_a_library_is_imported_only_by_its_own_folders(module: str) -> None:
    """The core needs only attrs and cattrs."""
    for name in imported_names(MODULES[module]):
        assert layer_of(module) in TOOLS.get(name.split(".")[0], {layer_of(module)}), (module, name)


def test_cattrs_and_msgspec_are_imported_by_one_module_each() -> None:
    """One is the strict reader, the other the fast one."""
    importers = {
        tool: [name for name, path in MODULES.items() if tool in imported_names(path)] for tool in ("cattrs", "msgspec")
    }
    assert importers == {
        "cattrs": ["orderrules.reading.strict_reader"],
        "msgspec": ["orderrules.reading.msgspec_reader"],
    }


def test_platforms_import_neither_the_engine_nor_each_other() -> None:
    """A platform is data."""
    for name in ("salla", "awal"):
        names = imported_names(PACKAGE / "platforms" / f"{name}.py")
        assert "orderrules.authoring" in names
        assert not any(
            other.startswith(("orderrules.platforms", "orderrules.engine.decision_table")) for other in names
        )


@pytest.mark.parametrize("module", [module for module in MODULES if module != "orderrules.platforms.salla"])
def test_no_other_module_compares_platform_names(module: str) -> None:
    """Properties of a platform belong to its endpoint."""
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    compared = [part for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node)]
    assert not [part for part in compared if isinstance(part, ast.Constant) and part.value in {"salla", "awal"}]


def test_integrations_import_only_shared_modules() -> None:
    """They may also import the framework they are built on; outside, only the audit imports one of them."""
    shared = {"gate", "cache", "reports", "problems", "columns", "extras"}
    built_on = {"fastapi": {"starlette"}, "rest_framework": {"django"}}
    for module, path in MODULES.items():
        names = {name.split(".")[2] for name in imported_names(path) if name.startswith("orderrules.integrations.")}
        if layer_of(module) != "integrations":
            assert names <= ({"narwhals"} if module == "orderrules.audit.run" else set()), module
        elif path.stem != "__init__":
            assert names <= shared | built_on.get(path.stem, set()), module


def test_no_integration_imports_a_platform_or_a_rule() -> None:
    """Its docstrings may name them."""
    for path in sorted((PACKAGE / "integrations").glob("*.py")):
        names = {name.rsplit(".", 1)[-1] for name in imported_names(path)}
        assert not names & {"salla", "awal", "platforms", "Waiver"}, path


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_docstring(module: str) -> None:
    """The docstring says what is in the module."""
    assert ast.get_docstring(ast.parse(MODULES[module].read_text(encoding="utf-8")))


def loaded_by(program: str) -> set[str]:
    """Run a program in a new Python process, and return the modules that it loaded."""
    program = f"import sys; {program}; print(*sys.modules)"
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    return set(process.stdout.split())


@pytest.mark.parametrize("name", ["orderrules", "orderrules.salla", "orderrules.integrations", "orderrules.testing"])
def test_importing_the_package_loads_no_other_library(name: str) -> None:
    """Libraries are loaded when needed: cattrs when a body cannot be read, the extras by their own modules."""
    module, _, attribute = name.rpartition(".")
    program = f"from {module} import {attribute}" if module else f"import {name}"
    assert not loaded_by(program) & {*TOOLS}


def test_every_public_name_exists_and_is_listed_once() -> None:
    """Classes and functions have a docstring."""
    for face in (orderrules, authoring, advice, errors, analysis):
        assert len(face.__all__) == len(set(face.__all__))
        for name in face.__all__:
            value = getattr(face, name)
            if callable(value):
                assert value.__doc__, name


def test_test_folders_mirror_the_package() -> None:
    """The only other folders are ``kit``, ``cases``, ``typing``, and ``page`` for ``docs/try``."""
    here = {path.name for path in Path(__file__).parent.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert here <= {*LAYERS, "kit", "cases", "typing", "page"}


@pytest.mark.parametrize("program", ["import hypothesis", "import orderrules.testing.plugin"])
def test_entry_points_load_few_modules(program: str) -> None:
    """Every suite that uses Hypothesis or pytest loads them, even if it does not use orderrules."""
    own = {name for name in loaded_by(program) if name.startswith("orderrules.")}
    assert own <= {
        "orderrules.lazy",
        "orderrules.testing",
        "orderrules.testing.hypothesis_entry_point",
        "orderrules.testing.plugin",
    }
