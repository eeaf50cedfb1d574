"""Which traps of partners' formats have a test: each is named by its number, as `test_trap_6_...`."""

from __future__ import annotations

import re

import pytest

TRAPS = {
    1: "tax codes in which every digit is a letter",
    2: "SAP codes that end in a letter",
    3: "a no in a body with status 200",
    4: "OpenAPI without `info`",
    5: "XML and XSD in UTF-16",
    6: "byte order marks",
    7: "XML that travels as an escaped string in SOAP",
    8: "the three dates that mean always and never",
    9: "camt versions, told by the namespace only",
    10: "workbooks that grow, and legends beside tables",
    11: "cadastral codes in a column called codice_istat",
    12: "more open rows than municipalities",
    13: "rate limits under several spellings",
    14: "digests over the very bytes",
    15: "policy identifiers that no longer agree",
    16: "batches that are sent again",
}


@pytest.fixture(scope="module")
def named(root):
    texts = (path.read_text("utf-8") for path in (root / "tests").rglob("test_*.py"))
    return [int(number) for text in texts for number in re.findall(r"def test_trap_(\d+)_", text)]


@pytest.mark.parametrize("trap", TRAPS, ids=TRAPS.get)
def test_the_trap_has_a_test_of_its_own(trap, named):
    assert trap in named, f"no test is called test_trap_{trap}_..."


def test_no_test_names_a_trap_that_is_not_listed(named):
    assert set(named) == set(TRAPS)
