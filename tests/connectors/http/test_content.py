import codecs

import pytest

from patto_connectors.errors import Malformed, Unreachable
from patto_connectors.http.client import Answer
from patto_connectors.http.content import json_text

TEXT = '{"città":"Forlì"}'


def _answer(body, media="application/json"):
    return Answer(200, {"Content-Type": media, "Content-Length": str(len(body))}, body, "partner.test")


def test_F24_web_page_is_not_the_agreed_format_and_kept_redacted():
    page = b"<!doctype html><p>RSSMRA80A01H501U" + b" torna domani" * 50

    with pytest.raises(Malformed) as caught:
        json_text(_answer(page, "text/html; charset=utf-8"))

    assert caught.value.code == "http.html"
    assert len(caught.value.content) <= 200
    assert b"RSSMRA80A01H501U" not in caught.value.content


def test_F24_web_page_called_json_is_seen():
    with pytest.raises(Malformed) as caught:
        json_text(_answer(b"\n<html><body>"))

    assert caught.value.code == "http.html"


@pytest.mark.parametrize(
    ("body", "media"),
    [
        (TEXT.encode("latin-1"), "application/json"),
        (TEXT.encode("latin-1"), "application/json; charset=utf-8"),
        (TEXT.encode("latin-1"), "application/json; charset=iso-8859-1"),
        (TEXT.encode(), "application/json; charset=klingon"),
        (TEXT.encode(), "application/json; charset=undefined"),
        (TEXT.encode("utf-16"), "application/json"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "application/json"),
    ],
)
def test_F25_wrong_or_lying_charset_is_refused(body, media):
    with pytest.raises(Malformed) as caught:
        json_text(_answer(body, media))

    assert caught.value.code == "http.charset"


@pytest.mark.parametrize(
    "media", ["application/json", 'application/json; charset="UTF-8"', "application/json;charset=us-ascii"]
)
def test_agreed_charset_passes(media):
    assert json_text(_answer(TEXT.encode(), media)) == TEXT.encode()


def test_F25_byte_order_mark_is_taken_off():
    assert json_text(_answer(codecs.BOM_UTF8 + TEXT.encode())) == TEXT.encode()


def test_F25_agreed_latin_is_recoded():
    body = TEXT.encode("latin-1")

    assert json_text(_answer(body, "application/json; charset=ISO-8859-1"), "latin-1") == TEXT.encode()


def test_F23_empty_answer_without_an_end_is_truncated():
    with pytest.raises(Unreachable) as caught:
        json_text(Answer(200, {}, b"", "partner.test"))

    assert caught.value.code == "http.truncated"
