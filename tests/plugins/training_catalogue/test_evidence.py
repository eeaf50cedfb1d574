"""Real catalogues: what comes through, and record by record what has no canonical place."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from functools import partial

import pytest
from lxml import etree

from patto_connectors.xml import Schemas, file_body
from patto_plugins.training_catalogue import elm, xcri
from patto_plugins.training_catalogue.rows import XHTML, row_of
from patto_schemas.model.wire import canonical_json, extras

pytestmark = pytest.mark.shared

REASONS = {
    "studyMode": "said by the code of study_mode",
    "credit/scheme": "credits have no canonical place: kept as extra",
    "credit/level": "credits have no canonical place: kept as extra",
    "credit/value": "credits have no canonical place: kept as extra",
    "presentation/description": "an edition has no description of its own: kept as extra",
    "presentation/start": "1900-01-01 means always open: said as start_text",
    "location/street": "an address abroad fits no Italian address: kept as extra",
    "location/town": "an address abroad fits no Italian address: kept as extra",
    "location/postcode": "an address abroad fits no Italian address: kept as extra",
    "location/address": "an address abroad fits no Italian address: kept as extra",
}
"""Why a text of the catalogue does not stand in the canonical record, by the end of its path."""


def leaves(element, path=""):
    """Give (path, text) for each text of a record, nested courses left out."""
    inner = [child for child in element if not str(child.tag).startswith(XHTML)]
    if not inner:
        words = row_of(element)
        text = words.get(".") if isinstance(words, dict) else words
        if text:
            yield path, text
    for child in inner:
        if etree.QName(child).localname != "course":
            yield from leaves(child, f"{path}/{etree.QName(child).localname}")


def plainly(text):
    """Give a text as it may be said otherwise: dates without a midnight, amounts with cents, blanks as one."""
    text = re.sub(r"^(\d{4}-\d{2}-\d{2})T00:00:00(\.0+)?$", r"\1", " ".join(text.split()))
    return re.sub(r"^(\d+\.\d{2})0+$", r"\1", text).casefold()


def values(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [found for each in value for found in values(each)]
    return [] if value is None else [plainly(str(value))]


def losses(element, record):
    """Give (record, path, text, why, kept as extra) for each text that the canonical record does not hold."""
    said = values(json.loads(canonical_json(record)))
    said = {part for each in said for part in (each, *each.split(" · "))}
    beyond = values(dict(extras(record)))
    for path, text in leaves(element):
        if plainly(text) in said:
            continue
        why = next((why for end, why in REASONS.items() if path.endswith(end)), None)
        yield record.key, path, text, why, plainly(text) in beyond


@pytest.fixture
def read_file(shared, read_source):
    async def read(name):
        path = shared / "real" / "training" / "xcri" / name
        batches = await read_source(xcri.source(file_body(path), "en"))
        assert all(not batch.troubles for batch in batches)
        records = [xcri.translate(row) for batch in batches for row in batch.rows]
        root = etree.parse(path).getroot()
        elements = [*root.iter(f"{xcri.CATALOG}course"), *root.iterchildren(f"{xcri.CATALOG}provider")]
        ordered = sorted(records, key=lambda record: record.kind)
        return ordered, [loss for pair in zip(elements, ordered, strict=True) for loss in losses(*pair)]

    return read


def shape(records):
    kinds = Counter(record.kind for record in records)
    presentations = sum(len(record.presentations) for record in records if record.kind == "course_offering")
    return kinds["organisation"], kinds["course_offering"], presentations


def table(found):
    """Print losses by reason, then record by record; run with `-s` to read it."""
    for (path, why), count in sorted(Counter((path, why) for _, path, _, why, _ in found).items(), key=str):
        sys.stdout.write(f"{count:5}  {path:45} {why}\n")
    for key, path, text, why, kept in found:
        sys.stdout.write(f"{key:40} {path:40} {text[:40]!r:45} {why} {'(extra)' if kept else ''}\n")


async def test_ou_example_gives_1_provider_2_courses_4_presentations(read_file):
    records, found = await read_file("ou-example.xml")

    table(found)
    assert shape(records) == (1, 2, 4)
    assert [loss for loss in found if loss[3] is None] == []
    assert Counter(path for _, path, *_ in found) == {
        "/credit/scheme": 1,
        "/credit/value": 3,
        "/credit/level": 2,
        "/presentation/description": 4,
        "/presentation/start": 1,
        "/location/street": 1,
        "/location/town": 1,
        "/location/postcode": 1,
        "/location/address": 1,
    }
    assert all(kept for _, path, _, _, kept in found if path != "/presentation/start")


async def test_adam_smith_gives_334_courses_and_791_presentations(read_file):
    records, found = await read_file("adam_smith_charset_issue.xml")

    table(found)
    assert shape(records) == (1, 334, 791)
    assert [loss for loss in found if loss[3] is None] == []
    assert Counter(path for _, path, *_ in found) == {"/presentation/studyMode": 235 + 117}
    assert {text for _, _, text, _, _ in found} == {"Full-Time", "Part-Time Day"}


async def test_no_text_of_adam_smith_is_mangled(read_file):
    records, _ = await read_file("adam_smith_charset_issue.xml")

    told = "".join(canonical_json(record).decode() for record in records)
    assert {char: told.count(char) for char in "\u2013®©£"} == {"\u2013": 93, "®": 21, "©": 8, "£": 1}
    assert "\ufffd" not in told
    assert not re.search("[\u0080-\u009f]|Ã|â€", told)


async def test_loq_validates_and_its_opportunities_come_through(shared, read_source):
    folder = shared / "real" / "training" / "elm"
    root = etree.parse(folder / "loq.xml").getroot()
    assert Schemas().get(folder / "loq.xsd").validate(root)
    wanted = root.findall("{*}learningOpportunityReferences/{*}learningOpportunity")

    batches = await read_source(elm.source(file_body(folder / "loq.xml"), "it", folder / "loq.xsd"))
    records = [elm.translate(row) for batch in batches for row in batch.rows]

    assert [trouble for batch in batches for trouble in batch.troubles] == []
    offered = {record.offering_id: record for record in records if record.kind == "course_offering"}
    assert list(offered) == [each.get("id") for each in wanted]
    for each in wanted:
        record = offered[each.get("id")]
        assert {translation.text for translation in record.title} == {title.text for title in each.iterfind("{*}title")}
        assert record.provider.provider_id == each.find("{*}providedBy").get("idref")
        assert record.provider.name == root.find(f".//*[@id='{record.provider.provider_id}']/{{*}}legalName").text
        assert record.figure.eqf == 2
        assert record.figure.isced_f == "1022"
    assert {record.key for record in records if record.kind == "organisation"} == {"http://ORG-01", "http://ORG-02"}


async def test_an_opportunity_that_breaks_the_schema_is_set_aside_alone(shared, tmp_path, read_source):
    folder = shared / "real" / "training" / "elm"
    tree = etree.parse(folder / "loq.xml")
    broken = tree.find(".//{*}learningOpportunity[@id='http://LOP-02']/{*}defaultLanguage")
    broken.set("uri", "italiano")
    path = tmp_path / "broken.xml"
    tree.write(path, encoding="UTF-8", xml_declaration=True)

    batches = await read_source(partial(elm.source, tongue="it", xsd=folder / "loq.xsd")(file_body(path)))

    rows = [row["id"] for batch in batches for row in batch.rows if row["is"] == "learningOpportunity"]
    troubles = [trouble for batch in batches for trouble in batch.troubles]
    assert rows == ["http://LOP-01"]
    assert [(code, "learningOpportunity[2]/defaultLanguage[1]" in place) for place, code, _ in troubles] == [
        ("xml.xsd", True)
    ]
    assert not any(batch.complete for batch in batches)
