"""Each fault of data on their way has a test for each way, or a reason why it cannot happen: the page is the list."""

from __future__ import annotations

import re

import pytest

FAULTS = [f"F{number}" for number in (*range(21, 30), 33, 38, 47, 48, 49)]
WAYS = ["REST", "XML over HTTP", "SOAP", "SFTP", "Drop folder", "Workbook", "Singer tap", "The hub's door"]
LINE = re.compile(r"^\| (?P<fault>F\d\d) \| (?P<proof>.+) \|$", re.MULTILINE)
REASON = re.compile(r"cannot happen( here)?: .{20,}")


@pytest.fixture(scope="module")
def sections(root):
    """The page's sections by their titles."""
    text = (root / "docs/explanation/faults-by-transport.md").read_text("utf-8")
    return dict(section.split("\n", 1) for section in text.split("\n## ")[1:])


def test_each_way_is_there(sections):
    assert list(sections) == WAYS


@pytest.mark.parametrize("way", WAYS)
def test_each_fault_has_its_line(sections, way):
    assert [line["fault"] for line in LINE.finditer(sections[way])] == FAULTS


@pytest.mark.parametrize("way", WAYS)
def test_each_line_names_a_test_that_there_is_or_a_reason(root, sections, way):
    folders = re.findall(r"`(tests/[^`]+)`", sections[way])
    texts = [path.read_text("utf-8") for folder in folders for path in (root / folder).rglob("test_*.py")]
    there = {name for text in texts for name in re.findall(r"def (test_\w+)\(", text)}

    wrong = [
        (line["fault"], line["proof"])
        for line in LINE.finditer(sections[way])
        if line["proof"].strip("`") not in there and not REASON.fullmatch(line["proof"])
    ]
    assert wrong == []
