"""Which faults of the catalogue have a test: each is named by its id, as `test_F26_gzip_bomb_is_cut_at_the_cap`."""

from __future__ import annotations

import ast
import re

import pytest

LAST = 86
"""The catalogue's last number; there are gaps between its groups."""
ASKED_FOR = [
    f"F{number:02d}"
    for number in (
        *(1, 2, 3, 7, 11, 12, 13, 14),
        *range(20, 30),
        *(30, 31, 33, 34, 35, 36, 37, 38),
        *range(40, 50),
        *(50, 51, 52, 54),
        *(60, 61, 62, 63, 64, 65, 66, 67),
        72,
        *(80, 81, 82, 83, 84),
    )
]
NAMED = re.compile(r"test_((?:F\d\d_)+)")


@pytest.fixture(scope="module")
def tested(root):
    """Test functions by the fault ids in their names."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = NAMED.match(node.name) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None
            for fault in re.findall(r"F\d\d", named.group(1)) if named else ():
                found.setdefault(fault, []).append(f"{path.relative_to(root)}::{node.name}")
    return found


@pytest.mark.parametrize("fault", ASKED_FOR)
def test_the_fault_has_a_test_of_its_own(fault, tested):
    assert tested.get(fault), f"no test is called test_{fault}_..."


def test_no_test_names_a_fault_that_the_catalogue_does_not_have(tested):
    assert {fault for fault in tested if not 1 <= int(fault[1:]) <= LAST} == set()
