import re

import pytest

from patto_schemas.catalogue import CATALOGUE, explain
from patto_schemas.catalogue.entry import Entry, fill
from patto_schemas.issues import Issue, Owner


def test_an_entry_is_the_senders_unless_said_otherwise():
    assert Entry("a", "b", "", "c", "d").owner is Owner.PARTNER


def test_a_word_agrees_with_its_number_in_both_languages():
    said = {
        (least, language): explain(Issue("field.too_few", "/title", values={"least": least}), language)
        for least in ("1", "2")
        for language in ("it", "en")
    }

    assert said == {
        ("1", "it"): "L'elenco è troppo corto: almeno 1 elemento.",
        ("2", "it"): "L'elenco è troppo corto: almeno 2 elementi.",
        ("1", "en"): "The list is too short: at least 1 item.",
        ("2", "en"): "The list is too short: at least 2 items.",
    }


def test_a_gap_without_a_value_stays_a_gap_and_any_value_stands_as_it_is():
    assert fill("{n} {n:uno|molti} di {list}", {"list": "a|b {c}"}) == "… molti di a|b {c}"


PLURAL = re.compile(
    r"\{\w+\} (?:caratteri|elementi|mesi|giorni|righe|schede|valori|byte|characters|items|months|days|rows)\b"
)


@pytest.mark.parametrize("code", CATALOGUE)
def test_no_sentence_counts_without_agreement(code):
    entry = CATALOGUE[code]

    assert not [each for each in (entry.it, entry.en, entry.fix_it, entry.fix_en) if PLURAL.search(each)]
