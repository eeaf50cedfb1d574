"""The tutorial is lived through: its files are written, its commands run, what they print is compared."""

from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/tutorial/first-plugin.md"


@pytest.mark.timeout(300)
def test_the_tutorial_works_as_it_is_written(page_reader, blocks):
    lived = page_reader.live_through(PAGE)

    asked = [line for block in blocks(PAGE) if block.language == "console" for line in block.text.splitlines()]
    assert 0 < lived <= len([line for line in asked if line.startswith("$ ")])


def test_the_tutorials_plugin_is_as_short_as_it_says(blocks):
    (plugin,) = [block for block in blocks(PAGE) if block.title == "plugin/borgo.py" and block.language == "python"]

    assert len([line for line in plugin.text.splitlines() if line.strip()]) <= 30
