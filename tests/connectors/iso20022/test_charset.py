from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.iso20022.charset import WRITTEN_AS, UnwritableError, is_reference, sepa_text

ALLOWED = string.ascii_letters + string.digits + "/-?:().,'+ "


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Nicolò D\u2019Amico", "Nicolo D'Amico"),
        ("Perché è già lì più", "Perche e gia li piu"),
        ("Gjergj Çollaku", "Gjergj Collaku"),
        ("Ștefan Țăran", "Stefan Taran"),
        ("Łukasz Ø Straße", "Lukasz O Strase"),
        ("Rossi & Figli; n. 1_2", "Rossi + Figli, n. 1-2"),
        ("Bar “Sport” \u2013 Bari", "Bar .Sport. - Bari"),
        ("riga uno\nriga due\t fine", "riga uno riga due fine"),
        ("Nicolo\u0300", "Nicolo"),
        ("2ª rata, 100 €…", "2a rata, 100 E..."),
        ("½ quota", "1/2 quota"),
    ],
)
def test_a_text_is_written_with_base_letters(text, written):
    assert sepa_text(text, 70) == written


@given(st.text(ALLOWED, min_size=1).map(lambda text: " ".join(text.split())).filter(bool))
def test_what_sepa_carries_is_left_as_it_is(text):
    assert sepa_text(text, len(text)) == text


@given(st.text())
def test_a_text_is_written_with_the_allowed_characters_or_refused(text):
    try:
        written = sepa_text(text, 140)
    except UnwritableError:
        return

    assert set(written) <= set(ALLOWED)
    assert 0 < len(written) <= 140
    assert sepa_text(written, 140) == written


@pytest.mark.parametrize("text", ["", "  \n", "Мария", "Ελένη", "فاطمة", "Ada \N{GRINNING FACE}", "Ada\x00", "a" * 71])
def test_what_cannot_be_written_is_refused_without_being_quoted(text):
    with pytest.raises(UnwritableError) as caught:
        sepa_text(text, 70)

    assert not text.strip() or text not in str(caught.value)


@pytest.mark.parametrize("text", ["PATTO-2026-000042", "a/b", "A" * 35, "MUELL/FINP/RA12345"])
def test_a_reference_of_sepa_is_one(text):
    assert is_reference(text)


@pytest.mark.parametrize("text", ["", "/A", "A/", "A//B", "A" * 36, "perché", "A_B", "A\n", "A&B"])
def test_what_would_not_come_back_unchanged_is_no_reference(text):
    assert not is_reference(text)


def test_no_character_of_the_tables_is_written_with_another_that_is_not_allowed():
    assert all(re.fullmatch(rf"[{re.escape(ALLOWED)}]", written) for written in WRITTEN_AS.values())
