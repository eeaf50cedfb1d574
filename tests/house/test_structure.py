"""The shape of the house: who may import what is import-linter's; these are the rules that it cannot say."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = {
    "schemas": ROOT / "schemas/patto_schemas",
    "connectors": ROOT / "connectors/patto_connectors",
    "hub": ROOT / "hub/patto_hub",
    "plugins": ROOT / "plugins/patto_plugins",
}
SOURCES = sorted(path for folder in PACKAGES.values() for path in folder.rglob("*.py"))
HAND_WRITTEN = [path for path in SOURCES if "migrations" not in path.parts]  # steps of the schema are generated
FORBIDDEN_CALLS = {  # module attribute -> only ports.py may use it
    ("time", "time"),
    ("time", "monotonic"),
    ("time", "sleep"),
    ("time", "perf_counter"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("random", "random"),
    ("random", "randint"),
    ("random", "choice"),
    ("uuid", "uuid1"),
    ("uuid", "uuid4"),
    ("secrets", "token_bytes"),
    ("secrets", "token_hex"),
    ("secrets", "token_urlsafe"),
    ("os", "urandom"),
}
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_only_the_ports_ask_for_time_or_chance(path: Path):
    if path.name == "ports.py" and path.parent.name == "patto_connectors":
        return

    used = {
        f"{node.func.value.id}.{node.func.attr} (line {node.lineno})"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and (node.func.value.id, node.func.attr) in FORBIDDEN_CALLS
    }

    assert used == set(), "ask the World of patto_connectors.ports instead"


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=name)
def test_no_file_is_larger_than_a_room(path: Path):
    assert path.read_text(encoding="utf-8").count("\n") <= LONGEST_FILE


@pytest.mark.parametrize("path", HAND_WRITTEN, ids=name)
def test_every_function_fits_a_screen(path: Path):
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]

    assert long == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_every_module_says_what_it_is(path: Path):
    assert ast.get_docstring(tree(path))


@pytest.mark.parametrize("folder", ["schemas", "connectors", "hub", "plugins"])
def test_every_test_folder_stands_for_a_source_folder(folder: str):
    sources = {str(path.relative_to(PACKAGES[folder])) for path in PACKAGES[folder].rglob("*") if path.is_dir()}
    tests = {
        str(path.relative_to(ROOT / "tests" / folder))
        for path in (ROOT / "tests" / folder).rglob("*")
        if path.is_dir() and path.name != "__pycache__" and any(path.glob("test_*.py"))
    } - {"."}

    assert tests - sources == set(), "tests mirror the source tree"


def test_no_address_of_a_registry_and_no_path_of_a_machine_is_committed():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout: nothing to look through")
    forbidden = re.compile(
        "|".join(["pypi" + r"\.org", "python" + "hosted", "registry" + r"\.npmjs", "deb" + r"\.debian"])
    )

    found = []
    for each in filter(None, listed.stdout.split("\0")):
        path = ROOT / each
        if path.is_file() and path.stat().st_size < 2_000_000 and forbidden.search(path.read_text("utf-8", "ignore")):
            found.append(each)

    assert found == []
