from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.soap import inner_document, inner_text, load_service, read_wsdl
from patto_connectors.soap.door import read_request
from patto_connectors.soap.envelope import write_message

REGISTER = Path(__file__).parent / "wsdl" / "anagrafe.wsdl"
CHARACTERS = st.characters(
    exclude_categories=("Cs",),
    exclude_characters="".join(chr(n) for n in range(32) if n not in (9, 10, 13)) + "\ufffe\uffff",
)
TEXT = st.text(CHARACTERS, max_size=30)
NAMES = st.from_regex(r"[A-Za-zàè_][A-Za-z0-9à._-]{0,8}", fullmatch=True)
SPACES = st.sampled_from(["", "urn:a", "http://x/y?z&w"])


@st.composite
def trees(draw, depth=3):
    space = draw(SPACES)
    name = draw(NAMES)
    element = etree.Element(f"{{{space}}}{name}" if space else name)
    for key, value in draw(st.dictionaries(NAMES, TEXT, max_size=2)).items():
        element.set(key, value)
    element.text = draw(TEXT)
    for child in draw(st.lists(trees(depth=depth - 1), max_size=2)) if depth else []:
        element.append(child)
        child.tail = draw(TEXT)
    return element


@settings(max_examples=150, deadline=None)
@given(trees())
def test_any_document_comes_out_of_an_envelope_as_it_went_in(element):
    service = load_service(read_wsdl(REGISTER))

    envelope = write_message(service.operation("deposita").request, {"Scheda": inner_text(element)})
    found = inner_document(read_request(service, envelope).arguments["Scheda"])

    assert etree.tostring(found, method="c14n") == etree.tostring(element, method="c14n")


@pytest.mark.parametrize(
    "text",
    [
        "<a>perché</a>",
        "\ufeff<a>perché</a>",
        '\n  <?xml version="1.0"?>\n<a>perché</a>',
        '<?xml version="1.0" encoding="ISO-8859-1"?><a>perché</a>',
        "<?xml version='1.0' encoding='utf-16' standalone='yes'?><a>perché</a>",
        '\ufeff<?xml version="1.0" encoding="x-unknown"?><a>perché</a>\n',
        "<!-- commento --><a>per<!-- x -->ché</a>",
    ],
)
def test_mark_blanks_and_declared_encoding_of_an_inner_document_say_nothing(text):
    assert inner_document(text).text == "perché"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "xml.doctype"),
        ("\ufeff \n<!-- x --><!DOCTYPE a SYSTEM 'http://127.0.0.1:1/a.dtd'><a/>", "xml.doctype"),
        ('<?xml version="1.0" encoding="UTF-8"?><!doctype a><a/>', "xml.doctype"),
        ('<?xml version="1.1" encoding="UTF-8"?><a/>', "xml.version"),
        ("<a><b></a>", "xml.syntax"),
        ("", "xml.syntax"),
        ("&lt;a/&gt;", "xml.syntax"),
        ("nessuna scheda", "xml.syntax"),
        ("<a>\ud800</a>", "xml.character"),
        ("<a>&b;</a>", "xml.syntax"),
    ],
)
def test_F31_an_inner_document_passes_the_same_gate(text, code):
    with pytest.raises(Malformed) as caught:
        inner_document(text)

    assert caught.value.code == code


def test_the_bytes_of_a_broken_inner_document_are_kept_and_its_words_not_said():
    with pytest.raises(Malformed) as caught:
        inner_document("<a>\n<nome>Prova</nom></a>")

    assert caught.value.position.startswith("line 2, column")
    assert caught.value.content == b"<a>\n<nome>Prova</nom></a>"
    assert "Prova" not in str(caught.value)


@pytest.mark.parametrize("text", ["<a>" + "x" * 100 + "</a>", "<a>" + "è" * 60 + "</a>"])
def test_F27_an_inner_document_may_hold_so_many_bytes_and_no_more(text):
    with pytest.raises(Malformed) as caught:
        inner_document(text, most=100)

    assert caught.value.code == "xml.size"
