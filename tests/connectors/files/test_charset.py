from __future__ import annotations

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.files import accented, charset_of

TEXT = "cognome;città;perché\nCaffè;Forlì;è già così, però più là\n" * 3


@pytest.mark.parametrize(
    ("content", "declared", "expected"),
    [
        (b"\xef\xbb\xbf" + TEXT.encode(), None, ("utf-8-sig", "bom")),
        (TEXT.encode("utf-16"), None, ("utf-16", "bom")),
        (TEXT.encode(), None, ("utf-8", "utf-8")),
        (TEXT.encode(), "cp1252", ("utf-8", "utf-8")),
        (b"", None, ("utf-8", "utf-8")),
        (TEXT.encode("iso8859_15"), "iso8859_15", ("iso8859-15", "declared")),
        ((TEXT + "costa 5 €").encode("cp1252"), None, ("cp1252", "guessed")),
    ],
)
def test_what_is_certain_comes_before_what_is_guessed(content, declared, expected):
    charset = charset_of(lambda: [content[:10], content[10:]], declared)

    assert (charset.name, charset.how) == expected


def test_a_guess_is_always_a_western_one():
    charset = charset_of(lambda: [TEXT.encode("cp1252")])

    assert charset.how == "guessed"
    assert TEXT.encode("cp1252").decode(charset.name) == TEXT


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x00a\x00\x00\x00", b"\xff\xfea", b"\xef\xbb\xbf\xff"])
def test_what_contradicts_its_mark_is_refused(content):
    with pytest.raises(Malformed) as refused:
        charset_of(lambda: [content])

    assert refused.value.code == "file.charset"


def test_a_declared_charset_that_nobody_knows_is_passed_over():
    assert charset_of(lambda: [TEXT.encode("cp1252")], "klingon").how == "guessed"


def test_a_person_sees_some_accented_words():
    assert accented(TEXT) == ["città", "perché", "Caffè", "Forlì", "è"]
