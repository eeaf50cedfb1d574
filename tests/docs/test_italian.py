"""The staff's guide uses the words that stand on their pages."""

from pathlib import Path

import pytest

from patto_hub.web.sentences import SENTENCES
from patto_schemas.catalogue import OWNERS

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/it/guida-personale.md"
GROUPS = ("state.", "column.", "act.", "owner.", "row.state.", "volume.", "drift.added")
UNSAID = {"column.actions"}
WORDS = [
    sentences[0].split("{")[0].rstrip(": ")
    for key, sentences in SENTENCES.items()
    if key.startswith(GROUPS) and key not in UNSAID and not key.endswith(("_label", ".one"))
]


@pytest.mark.parametrize("word", WORDS)
def test_the_staffs_guide_explains_each_word_of_the_console(word):
    assert word.casefold() in PAGE.read_text("utf-8").casefold()


def test_the_partners_guide_names_everybody_who_can_fix_a_row():
    text = PAGE.with_name("guida-partner.md").read_text("utf-8")

    assert [owner for owner in OWNERS["it"].values() if owner not in text] == []
