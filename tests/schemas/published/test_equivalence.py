"""What the model accepts, the JSON Schema and the XSD accept, and nothing else."""

import json
import os

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from lxml import etree

from patto_schemas import ENTITIES, canonical_json
from patto_schemas.published import NAMESPACE, from_xml, to_xml
from patto_schemas.published.xml_codec import NOT_XML
from patto_schemas.testing import documents

RELAXED = settings(
    max_examples=int(os.environ.get("PATTO_EXAMPLES", "25")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.parametrize("kind", ENTITIES)
@RELAXED
@given(data=st.data())
def test_a_good_document_is_good_for_all_three_and_comes_back_exactly(judges, kind, data):
    judge = judges[kind]
    document = data.draw(documents(kind))
    entity = judge.entity.model_validate_json(json.dumps(document))
    content = to_xml(entity)

    assert judge.schema(document)
    assert judge.schema(json.loads(canonical_json(entity)))
    assert judge.xsd(content)
    assert from_xml(content, judge.entity) == entity
    assert canonical_json(from_xml(content, judge.entity)) == canonical_json(entity)


@pytest.mark.parametrize("kind", ENTITIES)
@RELAXED
@given(data=st.data())
def test_a_spoiled_json_document_is_judged_alike_by_model_and_schema(judges, spoil_json, kind, data):
    judge = judges[kind]
    document = data.draw(spoil_json(documents(kind)))

    assert judge.model(document) == judge.schema(document)


@pytest.mark.parametrize("kind", ENTITIES)
@RELAXED
@given(data=st.data())
def test_a_spoiled_xml_document_is_judged_alike_by_codec_and_xsd(judges, kind, data):
    judge = judges[kind]
    entity = judge.entity.model_validate_json(json.dumps(data.draw(documents(kind))))
    root = etree.fromstring(to_xml(entity))
    for _ in range(data.draw(st.integers(1, 3))):
        spoil_xml(data, root)
    content = etree.tostring(root)

    assert judge.xsd(content) == judge.codec(content)


TEXTS = [
    "", " ", "a", " a ", "a\nb", "\r", "\u0085", "à", "🙂", "x" * 121, "x" * 501, "x" * 4001,
    "0", " 5 ", "+5", "005", "-0", "-1", "5.0", "5.00", "5.000", "5,0", ".5", "1e3", "NaN", "INF", "٣", "9" * 30,
    "true", " false\n", "1", "TRUE", "2020-01-31", " 2020-01-31 ", "2021-02-29", "1900-02-29", "0000-01-01",
    "9999-12-31", "10000-01-01", "-2020-01-01", "2020-01-31Z", "2020-01-31T08:30:00", "2020-01-31T08:30:00Z",
    "2020-01-31T24:00:00Z", "2020-01-31T08:30:00+14:00", "2020-01-31T08:30:00.1234567Z", "2020-02-30T08:30:00Z",
    "FG/1", "it", "cf", "071024",
    "http://x", "10", "15", "M", "present",
]  # fmt: skip


def spoil_xml(data, root):
    elements = list(root.iter())
    element = data.draw(st.sampled_from(elements))
    parent = element.getparent()
    how = data.draw(
        st.sampled_from(["text", "text", "text", "drop", "repeat", "move", "stray", "attribute", "unknown", "tail"])
    )
    if how == "text" and not len(element):
        element.text = data.draw(st.sampled_from(TEXTS))
    elif how == "stray":
        element.text = (element.text or "") + data.draw(st.sampled_from([" ", "\n", "x"]))
    elif how == "attribute":
        element.set("a", "b")
    elif how == "unknown":
        etree.SubElement(element, f"{{{data.draw(st.sampled_from([NAMESPACE, 'urn:other']))}}}surprise")
    elif parent is None:
        return
    elif how == "drop":
        parent.remove(element)
    elif how == "repeat":
        parent.append(etree.fromstring(etree.tostring(element, with_tail=False)))
    elif how == "move":
        parent.insert(data.draw(st.integers(0, len(parent))), element)
    elif how == "tail":
        element.tail = data.draw(st.sampled_from([" ", "x"]))


@given(st.text())
@example("a\r\nb\rc\td")
@example("]]>&amp;<![CDATA[x]]>")
def test_any_text_is_taken_and_brought_back_or_refused_by_all(judges, text):
    judge = judges["pact"]
    document = {"pact_id": "1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active", "note": text}
    taken = judge.model(document)

    assert judge.schema(document) == taken
    if taken:
        pact = judge.entity.model_validate_json(json.dumps(document))
        assert json.loads(canonical_json(pact))["note"] == text
        assert from_xml(to_xml(pact), judge.entity).note == text


@pytest.mark.shared
def test_naughty_strings_come_back_exactly_or_are_refused_for_control_characters(judges, shared):
    strings = json.loads((shared / "bad_input/naughty_strings/blns.json").read_text(encoding="utf-8"))
    judge = judges["pact"]
    good = {"pact_id": "1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
    refused = []
    for text in strings:
        document = good | {"note": text}
        assert judge.model(document) == judge.schema(document)
        if not judge.model(document):
            refused.append(text)
            continue
        pact = judge.entity.model_validate_json(json.dumps(document))
        assert json.loads(canonical_json(pact))["note"] == text
        assert judge.xsd(to_xml(pact))
        assert from_xml(to_xml(pact), judge.entity).note == text

    assert len(strings) > 500
    assert refused == [text for text in strings if NOT_XML.search(text)]
    assert len(refused) == 6
