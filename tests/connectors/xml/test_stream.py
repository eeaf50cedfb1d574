from __future__ import annotations

import resource

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.xml import Caps, Records, Stream, element_bytes, plain

CATALOGUE = b"""<?xml version="1.0"?>
<catalog>
  <provider><name>Uno</name>
    <course><t>A</t></course>
    <course><t>B</t><venue><provider><name>Sede</name></provider></venue></course>
  </provider>
  <provider><name>Due</name>
    <course><t>C</t></course>
  </provider>
</catalog>
"""
COURSES = Records(readers={"course": plain})


def read(records: Records, content: bytes, step: int = 7, **caps: int):
    stream = Stream(records, caps=Caps(**caps))
    pages = []
    for at in range(0, len(content), step):
        stream.feed(content[at : at + step])
        if stream.size:
            pages.append(stream.take())
    stream.finish()
    return [*pages, stream.take()]


def test_records_come_with_line_and_path():
    pages = read(COURSES, CATALOGUE)

    assert [position for page in pages for position in page.positions] == [
        "riga 4, /catalog/provider[1]/course[1]",
        "riga 5, /catalog/provider[1]/course[2]",
        "riga 8, /catalog/provider[2]/course[1]",
    ]


@pytest.mark.parametrize("step", [1, 7, 64, 10_000])
def test_the_pages_put_together_are_the_document(step):
    assert b"".join(page.content for page in read(COURSES, CATALOGUE, step)) == CATALOGUE


@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_records_within_records_and_a_tag_in_two_roles(step):
    records = Records(
        readers={"provider": lambda each: {"name": each.findtext("name")}, "course": element_bytes},
        parents={"provider": "catalog"},
    )

    pages = read(records, CATALOGUE, step)

    rows = [row for page in pages for row in page.rows]
    assert rows[2] == {"name": "Uno"}
    assert rows[4] == {"name": "Due"}
    assert b"<name>Sede</name>" in rows[1]
    assert pages[-1].positions[-1:] in (["riga 7, /catalog/provider[2]"], [])


def test_a_record_sees_what_stands_before_it_in_its_parent():
    records = Records(readers={"course": lambda each: {"by": each.getparent().findtext("name")}})

    rows = [row for page in read(records, CATALOGUE, 1) for row in page.rows]

    assert rows == [{"by": "Uno"}, {"by": "Uno"}, {"by": "Due"}]


def test_memory_stays_flat_over_a_long_document():
    stream = Stream(Records(readers={"r": plain}), caps=Caps())
    stream.feed(b"<c>")
    chunk = b"<r><a>" + b"x" * 1000 + b"</a></r>\n<odd>left between</odd>\n"
    for _ in range(2_000):
        stream.feed(chunk)
    stream.take()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    for _ in range(60_000):
        stream.feed(chunk)
        if stream.size > 1_000:
            stream.take()

    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_192, "KiB for 60 MB of records"


def test_a_broken_document_gives_the_records_before_the_break():
    stream = Stream(Records(readers={"r": plain}), caps=Caps())

    with pytest.raises(Malformed) as broken:
        stream.feed(b"<c>\n<r>1</r>\n<r>2</r><r>3</c>")

    assert broken.value.code == "xml.syntax"
    assert broken.value.position.startswith("line 3")
    assert stream.take().rows == ["1", "2"]


def test_a_truncated_document_is_refused():
    with pytest.raises(Malformed, match="not well-formed"):
        read(COURSES, CATALOGUE[:-5])


def test_an_error_quotes_nothing_of_the_document():
    with pytest.raises(Malformed) as broken:
        read(COURSES, b"<c><RSSMRA80A01H501U></c>")

    assert "RSSMRA" not in str(broken.value)


@pytest.mark.parametrize(
    ("content", "caps", "code"),
    [
        (b"<c>" + b"<r/>" * 100, {"document": 100}, "xml.size"),
        (b"<!--" + b" " * 100, {"prolog": 50}, "xml.size"),
        (b"<c><r>" + b"x" * 200, {"record": 100}, "xml.record_size"),
        (b"<c>" + b"<junk/>" * 100, {"record": 100}, "xml.record_size"),
        (b"<c>" + b"<r>" * 300, {}, "xml.syntax"),
        (b"<c><r>" + b"x" * 10_100_000, {"record": 20_000_000}, "xml.syntax"),
        (b"<c><r " + b"a" * 60_000 + b"='1'/>", {}, "xml.syntax"),
    ],
    ids=["size", "prolog", "record", "junk", "depth", "text", "name"],
)
def test_what_is_too_big_is_refused(content, caps, code):
    with pytest.raises(Malformed) as refused:
        read(Records(readers={"r": plain}), content, 65_536, **caps)

    assert refused.value.code == code


def test_lines_beyond_65535_are_told():
    content = b"<c>\n" + b"<r><a>1</a></r>\n" * 70_000 + b"</c>"

    pages = read(Records(readers={"r": plain}), content, 65_536)

    assert [position for page in pages for position in page.positions][-1] == "riga 70001, /c/r[70000]"


def test_an_undeclared_entity_is_an_error_not_an_empty_value():
    with pytest.raises(Malformed):
        read(Records(readers={"r": plain}), b"<c><r>&x;</r></c>")
