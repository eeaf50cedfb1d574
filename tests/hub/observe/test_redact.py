from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_hub.observe.redact import MARK, redact


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("persona RSSMRA80A01H501U trovata", "RSSMRA80A01H501U"),
        ("minuscolo rssmra80a01h501u", "rssmra80a01h501u"),
        ("omocodia RSSMRAULALMHRLMX", "RSSMRAULALMHRLMX"),
        ("conto IT60X0542811101000000123456.", "IT60X0542811101000000123456"),
        ("conto IT60 X054 2811 1010 0000 0123 456", "0000 0123 456"),
        ("Authorization: Bearer abc.def-123", "abc.def-123"),
        ("https://utente:segreto@example.org/x", "utente:segreto"),
        ("{'password': 'molto segreta'}", "molto segreta"),
        ("token=abcd1234&x=1", "abcd1234"),
        ('{"api_key": "k-1234"}', "k-1234"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "eyJzdWIiOiJ4In0"),
        ("la chiave patto_abcdefghijklmnopqrstu", "abcdefghijklmnopqrstu"),
    ],
)
def test_what_must_not_be_seen_is_blanked(text, secret) -> None:
    said = redact(text)

    assert secret not in said
    assert MARK in said


@pytest.mark.parametrize(
    "text", ["run 17 di lecce/pacts: 120 nuovi, 3 in attesa", "2026-01-01T00:00:00Z", "policy H501X000004B", ""]
)
def test_ordinary_lines_stay_as_they_are(text) -> None:
    assert redact(text) == text


@given(st.text())
def test_redacting_twice_changes_nothing_more(text) -> None:
    assert redact(redact(text)) == redact(text)
