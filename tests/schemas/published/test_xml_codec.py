import io
from random import Random

import pytest
from lxml import etree

from patto_schemas import Pact
from patto_schemas.invent import Inventor
from patto_schemas.published import NAMESPACE, documents, from_xml, read_list, to_xml, write_list


@pytest.fixture(scope="module")
def pacts():
    inventor = Inventor(Random(1))
    return [inventor.pact() for _ in range(300)]


def test_a_list_is_written_in_pieces_valid_and_read_one_by_one(pacts, judges):
    pieces = list(write_list("pact", pacts))

    content = b"".join(pieces)
    assert len(pieces) == len(pacts) + 2
    assert judges["pact"].compiled.validate(etree.fromstring(content))
    assert list(read_list(io.BytesIO(content), Pact)) == pacts


def test_an_empty_list_reads_as_nothing():
    assert list(read_list(io.BytesIO(b"".join(write_list("pact", ()))), Pact)) == []


def test_documents_say_the_line_of_each_entity(pacts):
    content = b"".join(write_list("pact", pacts[:3]))

    assert [line for line, _ in documents(io.BytesIO(content), "pact")] == [3, 4, 5]


def test_a_list_is_read_while_it_still_comes(pacts):
    content = b"".join(write_list("pact", pacts))

    class Slow(io.BytesIO):
        read_so_far = 0

        def read(self, size=-1):
            piece = super().read(size)
            self.read_so_far += len(piece)
            return piece

    stream = Slow(content)
    next(read_list(stream, Pact))
    assert 0 < stream.read_so_far < len(content) / 2


@pytest.mark.parametrize("spoil", ["<x/>", "text", "<pact/>", '<pact xmlns="urn:other"/>'])
def test_a_list_with_something_else_in_it_is_refused_after_the_good_ones(pacts, spoil):
    pieces = list(write_list("pact", pacts[:2]))
    reading = read_list(io.BytesIO(b"".join([*pieces[:2], spoil.encode(), *pieces[2:]])), Pact)

    assert next(reading) == pacts[0]
    with pytest.raises(ValueError, match=r"line|text|required"):
        list(reading)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not well-formed"),
        (b"<pact", "not well-formed"),
        (b"<pact/>", "root is not <pact>"),
        (f'<person xmlns="{NAMESPACE}"/>'.encode(), "root is not <pact>"),
        (b"<!DOCTYPE pact><pact/>", "DOCTYPE"),
        (b'<!DOCTYPE p [<!ENTITY a "x">]><p>&a;</p>', "DOCTYPE"),
        (f'<pact xmlns="{NAMESPACE}" a="b"/>'.encode(), "attribute"),
        (f'<pact xmlns="{NAMESPACE}">x</pact>'.encode(), "text where"),
        (f'<pact xmlns="{NAMESPACE}"><pact_id><b/></pact_id></pact>'.encode(), "elements where"),
        (f'<pact xmlns="{NAMESPACE}"><status/><pact_id/></pact>'.encode(), "out of order"),
        (f'<pact xmlns="{NAMESPACE}"><pact_id/><pact_id/></pact>'.encode(), "repeated"),
        (f'<pact xmlns="{NAMESPACE}"/>'.encode(), "validation errors"),
        (f'<pact xmlns="{NAMESPACE}"/>junk'.encode(), "not well-formed"),
    ],
)
def test_what_is_no_entity_is_refused_with_a_reason(content, said):
    with pytest.raises(ValueError, match=said):
        from_xml(content, Pact)


@pytest.mark.shared
def test_no_xml_bomb_is_read(shared):
    bombs = [path for path in (shared / "bad_input/xml_bombs").rglob("*") if path.suffix in {".xml", ".svg"}]

    assert bombs
    for path in bombs:
        with pytest.raises(ValueError, match=r"DOCTYPE|not well-formed|root is not"):
            from_xml(path.read_bytes(), Pact)
        with path.open("rb") as stream, pytest.raises(ValueError, match=r"DOCTYPE|not well-formed|root is not"):
            list(read_list(stream, Pact))


def test_a_character_that_xml_cannot_carry_is_refused_by_place_not_by_value(pacts):
    wrong = pacts[0].model_copy(update={"note": "canary\u0001"})

    with pytest.raises(ValueError, match="/note: the text holds a control character") as caught:
        to_xml(wrong)
    assert "canary" not in str(caught.value)


def test_comments_instructions_cdata_and_schema_hints_change_nothing(pacts):
    text = to_xml(pacts[0].model_copy(update={"note": "a<b"})).decode()
    text = text.replace("<note>a&lt;b</note>", "<!-- c --><note>a<!-- c --><![CDATA[<b]]><?p?></note>")
    hint = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:x y.xsd"'
    text = text.replace(f'xmlns="{NAMESPACE}"', f'xmlns="{NAMESPACE}"{hint}')

    assert from_xml(text.encode(), Pact).note == "a<b"


def test_another_encoding_and_prefix_read_alike(pacts):
    pact = pacts[0].model_copy(update={"note": "perché"})
    root = etree.fromstring(
        to_xml(pact)
        .replace(b"xmlns=", b"xmlns:q=")
        .replace(b"<", b"<q:")
        .replace(b"<q:/", b"</q:")
        .replace(b"<q:?xml", b"<?xml")
    )

    assert from_xml(etree.tostring(root, encoding="UTF-16"), Pact) == pact
    assert from_xml(etree.tostring(root, encoding="ISO-8859-1"), Pact) == pact
