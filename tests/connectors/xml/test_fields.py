from __future__ import annotations

from lxml import etree

from patto_connectors.xml import Take, element_bytes, plain, row_reader, text_of

COURSE = etree.fromstring(
    '<course xmlns="urn:c" id="7"><title>Cuoco</title><credit><level/><value>12,5</value></credit>'
    "<tag>a</tag><tag>b</tag><note>x <b>molto</b>\n bello</note><nuovo>drift</nuovo></course>"
)
FIELDS = {
    "@id": "id",
    "{urn:c}title": "title",
    "{urn:c}credit": Take(name="credit", inner={"{urn:c}level": "level", "{urn:c}value": "value"}),
    "{urn:c}tag": Take(name="tags", many=True),
    "{urn:c}note": Take(name="note", markup=True),
}


def test_a_row_is_made_by_the_table():
    assert row_reader(FIELDS)(COURSE) == {
        "id": "7",
        "title": "Cuoco",
        "credit": {"level": None, "value": "12,5"},
        "tags": ["a", "b"],
        "note": "x molto bello",
        "nuovo": "drift",
    }


def test_what_the_table_does_not_name_can_be_left_out():
    assert "nuovo" not in row_reader(FIELDS, extras=False)(COURSE)
    assert "nuovo" not in row_reader(FIELDS, ignore=frozenset({"{urn:c}nuovo"}))(COURSE)


def test_the_first_of_two_wins_where_one_was_agreed():
    element = etree.fromstring("<r><a>1</a><a>2</a></r>")

    assert row_reader({"a": "a"})(element) == {"a": "1"}


def test_the_own_text_can_be_a_field():
    element = etree.fromstring('<title lang="it">Cuoco</title>')

    assert row_reader({".": "text", "@lang": "lang"})(element) == {"text": "Cuoco", "lang": "it"}


def test_plain_keeps_everything_by_local_name():
    assert plain(COURSE)["credit"] == {"level": None, "value": "12,5"}
    assert plain(COURSE)["tag"] == ["a", "b"]
    assert plain(etree.fromstring('<a x="1">t</a>')) == {"@x": "1", ".": "t"}


def test_text_of_joins_text_through_markup():
    assert text_of(etree.fromstring("<p> a <i>b</i>\n c</p>")) == "a b c"
    assert text_of(etree.fromstring("<d><p>uno.</p><p>due<br/>tre</p></d>")) == "uno. due tre"
    assert text_of(etree.fromstring("<p>H<sub>2</sub>O</p>")) == "H2O"
    assert text_of(etree.fromstring("<p> </p>")) is None


def test_element_bytes_are_the_element_alone():
    parent = etree.fromstring("<a><b>ò</b>coda</a>")

    assert element_bytes(parent[0]) == "<b>ò</b>".encode()
