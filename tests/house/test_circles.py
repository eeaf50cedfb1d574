"""No file imports itself by a detour, not even for its type hints: each can be read after those that it names."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("schemas/patto_schemas", "connectors/patto_connectors", "hub/patto_hub", "plugins/patto_plugins")


def module_of(path, package):
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(text, modules):
    """Name the modules of ours that a module's text imports, wherever in it."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            named = (f"{node.module}.{each.name}" for each in node.names)
            yield from (whole if whole in modules else node.module for whole in named)
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def circle_in(texts):
    """Give the modules of a circle of imports, or nothing."""
    graph = {
        name: {each for each in imports_of(text, texts) if each in texts and each != name}
        for name, text in texts.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.fixture
def texts():
    return {
        module_of(path, ROOT / package): path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def test_no_file_imports_itself_by_a_detour(texts):
    assert len(texts) > 500
    assert circle_in(texts) == []


def test_a_circle_of_type_hints_would_be_found():
    hint = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p.a import A\n"

    found = circle_in({"p": "", "p.a": "from p import b\n", "p.b": hint})

    assert set(found) == {"p.a", "p.b"}
