"""The page of faults lists those that have a test, and no others."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/explanation/faults.md"
NAMED = re.compile(r"^ *(?:async )?def test_((?:F\d\d_)+)", re.MULTILINE)


def test_the_page_lists_the_faults_that_have_a_test():
    texts = (path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    tested = {fault for text in texts for ids in NAMED.findall(text) for fault in ids.strip("_").split("_")}
    listed = re.findall(r"^\| (F\d\d) \|", PAGE.read_text("utf-8"), re.MULTILINE)

    assert listed == sorted(tested), "give each tested fault one line of docs/explanation/faults.md, in order"
