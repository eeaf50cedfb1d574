from __future__ import annotations

from random import Random

import pytest
from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.xml import bytes_body
from patto_plugins.training_catalogue import elm
from patto_plugins.training_catalogue.fake_documents import elm_document
from patto_schemas.invent import Inventor

LOQ = elm.LOQ


@pytest.fixture
def document():
    inventor = Inventor(Random(3), prefix="CF-")
    return etree.fromstring(elm_document([inventor.course_offering() for _ in range(2)]))


async def test_references_are_resolved_by_id(document, read_source):
    batches = await read_source(elm.source(bytes_body(etree.tostring(document)), "it"))

    courses = [elm.translate(row) for batch in batches for row in batch.rows if row["is"] == "learningOpportunity"]
    assert len(courses) == 4
    assert {course.provider.name for course in courses} == {name.text for name in document.iter(f"{LOQ}legalName")}
    assert {course.objective for course in courses} == {"Conoscere la sicurezza sul lavoro"}
    assert courses[0].figure.isced_f == "1013"
    assert courses[0].presentations[0].edition_id.startswith("CF-ED-")
    assert courses[0].presentations[0].languages == ("it",)
    assert courses[0].presentations[0].delivery == "presential"


async def test_a_reference_to_what_is_not_there_is_refused(document, read_source):
    document.find(f".//{LOQ}providedBy").set("idref", "https://ente.example/org/nessuno")

    with pytest.raises(Malformed) as refused:
        await read_source(elm.source(bytes_body(etree.tostring(document)), "it"))

    assert refused.value.code == "page.malformed"
    assert "nessuno" not in str(refused.value)


async def test_an_instant_without_offset_orders_nothing(document, read_source):
    first, second, *_ = document.iter(f"{LOQ}learningOpportunity")
    etree.SubElement(first, f"{LOQ}modified").text = "2026-01-01T10:00:00Z"
    etree.SubElement(second, f"{LOQ}modified").text = "2026-01-01T10:00:00"

    batches = await read_source(elm.source(bytes_body(etree.tostring(document)), "it"))

    ordered = [elm.translate(row).order() for row in batches[-1].rows[:2]]
    assert ordered == [1_767_261_600_000_000, None]


async def test_the_fake_partner_speaks_the_real_profile(shared, document):
    schema = etree.XMLSchema(etree.parse(shared / "real" / "training" / "elm" / "loq.xsd"))

    schema.assertValid(document)
