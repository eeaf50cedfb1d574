"""Which format a request gets, and what the answer carries besides the page."""

from __future__ import annotations

import csv
import io
import json
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook

from patto_hub.web.formats import BY_NAME, FORMATS, XLSX_TYPE, negotiate
from patto_hub.web.problems import Problem
from patto_hub.web.site import BASE

PACT = {
    "pact_id": "P1",
    "person_id": "RSSMRA80A01D643X",
    "ambito": "FG/1",
    "scheme": "ReD_3",
    "status": "active",
    "note": "CANARY",
}
URL = f"{BASE}/feeds/pacts/changes"


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        ("application/*", "json"),
        ("text/*", "csv"),
        ("text/xml", "xml"),
        ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "json"),
        ("text/*, text/csv", "csv"),
        ("application/x-ndjson", "ndjson"),
        ("application/ndjson", "ndjson"),
        ("application/x-ndjson, */*", "ndjson"),
        ("application/x-ndjson;q=0.5, application/json;q=0.4", "ndjson"),
        ("application/x-ndjson;q=0.4, application/json;q=0.5", "json"),
        ("application/json;q=0, */*;q=0.1", "ndjson"),
        ("*/*;q=0.1, application/*;q=0, text/csv;q=0.05", "csv"),
        ("application/json;q=0, application/x-ndjson;q=0, */*", "xml"),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "xml"),
        ("TEXT/CSV; Q=1.000", "csv"),
        ("text/csv;charset=UTF-8", "csv"),
        ('text/csv;charset="utf-8";header=present', "csv"),
        ('text/plain;x="a,text/csv", application/xml', "xml"),
        (f"{XLSX_TYPE}, text/csv", "xlsx"),
        (f"text/csv, {XLSX_TYPE}", "csv"),
        ("text/csv;q=2, application/json;q=0.1", "json"),
        (",, ,text/csv,", "csv"),
        (",,,", "json"),
        (" ,\t, ", "json"),
        ("text/csv;header=absent;q=0, text/csv", "csv"),
        ("text/csv;charset=utf-8;q=0, text/csv, application/xml;q=0.1", "xml"),
    ],
)
def test_the_best_liked_format_is_given(accept, name):
    assert negotiate(accept).name == name


@pytest.mark.parametrize(
    "accept",
    [
        "image/png",
        "text/csv;q=0",
        "*/*;q=0",
        "text/csv;q=0.0001",
        "text/csv;charset=utf-16",
        "csv",
        ";",
        "text/",
        "q=1",
    ],
)
def test_what_there_is_not_is_refused_with_a_list_of_what_there_is(accept):
    with pytest.raises(Problem) as caught:
        negotiate(accept)

    assert caught.value.kind.status == 406
    assert all(each.media_type in words for each in FORMATS for words in caught.value.detail)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_weights_decide_whatever_the_order(order):
    parts = ["text/csv;q=0.3", "application/xml;q=0.7", "*/*;q=0.1"]

    assert negotiate(", ".join(parts[at] for at in order)).name == "xml"


@given(accept=st.text(st.characters(max_codepoint=0x2FF, exclude_categories=["Cs"]), max_size=60))
def test_any_header_gives_a_format_or_a_refusal(accept):
    try:
        assert negotiate(accept) in FORMATS
    except Problem as problem:
        assert problem.code == "not-acceptable"  # noqa: PT017 - either is right


@st.composite
def headers(draw):
    """Give an Accept header of RFC 9110, 12.5.1, each range once, and what it weighs by range."""
    known = [each.media_type for each in FORMATS]
    ranges = draw(st.lists(st.sampled_from([*known, "application/*", "text/*", "*/*", "image/png"]), unique=True))
    weights = {each: draw(st.sampled_from(WEIGHTS)) for each in ranges}
    parts = [
        f"{_cased(draw, each)}{draw(st.sampled_from(NOISE))}{_cased(draw, weights[each])}"
        for each in draw(st.permutations(ranges))
    ]
    blanks = draw(st.lists(st.sampled_from(["", " ", "\t"]), max_size=3))
    return draw(st.sampled_from([",", ", ", " ,\t"])).join([*blanks, *parts, *blanks]), weights


WEIGHTS = ("", ";q=1", ";q=1.000", ";q=0.999", "; q=0.5", " ;\tq=0.001", ";q=0", ";q=0.000")
NOISE = ("", "", ";charset=utf-8", '; charset="UTF-8"', ";level=1", ';x="a,b;q=0"')


def _cased(draw, text):
    return draw(st.sampled_from([text, text.upper(), text.title()]))


def _weight(form, weights):
    """Give what a format weighs, as RFC 9110 says it: by the most exact range that it fits."""
    main = form.media_type.partition("/")[0]
    said = next((each for each in (form.media_type, f"{main}/*", "*/*") if each in weights), None)
    if said is None:
        return 0.0 if weights else 1.0
    return float(weights[said].partition("q=")[2] or 1)


@given(made=headers())
def test_a_header_gets_the_format_that_it_weighs_most_or_none(made):
    accept, weights = made
    wanted = max(_weight(form, weights) for form in FORMATS)

    try:
        weight = _weight(negotiate(accept), weights)
    except Problem:
        weight = 0.0

    assert weight == wanted


async def test_a_header_of_empty_parts_asks_for_nothing_in_particular(client, say):
    say("pact", PACT, to=[2])

    answer = await client.get(URL, headers={"Accept": ",,,"})

    assert (answer.status, answer.content_type) == (200, "application/json")


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
async def test_the_address_and_the_header_ask_for_the_same_answer(client, say, form):
    say("pact", PACT, to=[2])

    by_address = await client.get(f"{URL}.{form.name}", headers={"Accept": "image/png"})
    by_header = await client.get(URL, headers={"Accept": form.media_type})

    for answer in (by_address, by_header):
        assert (answer.status, answer.content_type, answer.charset) == (200, form.media_type, form.charset)
        assert answer.headers["Vary"] == "Accept, Accept-Encoding, Authorization"
        assert answer.headers["Has-More"] == "false"
        assert "CANARY" not in repr(answer.headers)
    assert by_address.headers["ETag"] == by_header.headers["ETag"]
    assert by_address.headers["Next-Cursor"] == by_header.headers["Next-Cursor"]
    bodies = [await answer.read() for answer in (by_address, by_header)]
    assert bodies[0].replace(f"changes.{form.name}?".encode(), b"changes?") == bodies[1] or form.name == "xlsx"


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
async def test_a_head_says_what_a_get_would_and_gives_no_body(client, say, form):
    say("pact", PACT, to=[2])

    whole = await client.get(f"{URL}.{form.name}")
    head = await client.head(f"{URL}.{form.name}")

    assert (head.status, await head.read()) == (200, b"")
    for name in ("Content-Type", "ETag", "Next-Cursor", "Has-More", "Vary"):
        assert head.headers[name] == whole.headers[name]


async def test_the_tag_of_one_format_is_not_that_of_another(client, say):
    say("pact", PACT, to=[2])
    tags = {form.name: (await client.get(f"{URL}.{form.name}")).headers["ETag"] for form in FORMATS}

    assert len(set(tags.values())) == len(FORMATS)
    for form in FORMATS:
        answers = {
            name: (await client.get(f"{URL}.{form.name}", headers={"If-None-Match": tag})).status
            for name, tag in tags.items()
        }
        assert answers == {name: 304 if name == form.name else 200 for name in tags}


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
async def test_a_page_travels_compressed_unless_it_is_already(client, say, form):
    say("pact", PACT, to=[2])

    answer = await client.get(f"{URL}.{form.name}", headers={"Accept-Encoding": "gzip"})

    assert answer.headers.get("Content-Encoding") == (None if form.packed else "gzip")
    assert await answer.read()


async def test_a_table_is_read_to_the_end_by_its_headers_alone(client, say):
    for n in range(5):
        say("pact", {**PACT, "pact_id": f"P{n}"}, to=[2])

    read, query = [], {"limit": "2"}
    while query:
        answer = await client.get(f"{URL}.csv", params=query)
        rows = csv.DictReader(io.StringIO((await answer.read()).decode("utf-8-sig"), newline=""), delimiter=";")
        read += [row["pact_id"] for row in rows]
        more = answer.headers["Has-More"] == "true"
        query = {"limit": "2", "cursor": answer.headers["Next-Cursor"]} if more else {}

    assert read == ["P0", "P1", "P2", "P3", "P4"]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="pacts.csv"'


async def test_a_document_and_a_workbook_say_themselves_where_to_go_on(client, say):
    for n in range(3):
        say("pact", {**PACT, "pact_id": f"P{n}"}, to=[2])

    document = etree.fromstring(await (await client.get(f"{URL}.xml?limit=2")).read())
    link = document.findtext(".//{*}_links/{*}next/{*}href")
    rest = etree.fromstring(await (await client.get(link)).read())
    book = CalamineWorkbook.from_filelike(io.BytesIO(await (await client.get(f"{URL}.xlsx?limit=2")).read()))
    ends = dict(book.get_sheet_by_index(1).to_python())

    assert [each.text for each in (*document.iter("{*}pact_id"), *rest.iter("{*}pact_id"))] == ["P0", "P1", "P2"]
    assert (document.findtext("{*}has_more"), rest.findtext("{*}has_more")) == ("true", "false")
    assert ends["next_cursor"] == document.findtext("{*}next_cursor")
    assert [row[0] for row in book.get_sheet_by_index(0).to_python()] == ["id", "pact-1", "pact-2"]


async def test_the_schema_is_open_to_everybody_and_fits_what_the_feed_gives(client, say):
    say("pact", PACT, to=[2])
    say("pact", PACT, to=[2], op="withdraw")

    schema = await client.get(f"{URL}.xsd", headers={"Authorization": ""})
    page = await client.get(f"{URL}.xml")

    assert (schema.status, schema.content_type) == (200, "application/xml")
    etree.XMLSchema(etree.fromstring(await schema.read())).assertValid(etree.fromstring(await page.read()))
    assert (await client.get(f"{BASE}/feeds/nothing/changes.xsd")).status == 404


async def test_an_ending_that_there_is_not_is_refused_with_those_that_there_are(client):
    answer = await client.get(f"{URL}.pdf")
    told = (await answer.json())["errors"]

    assert answer.status == 400
    assert [(each["pointer"], each["place"], each["example"]) for each in told] == [("/form", "path", "csv")]
    assert all(name in told[0]["detail"] for name in BY_NAME)


async def test_the_description_names_each_format_and_the_headers_of_a_page(client):
    document = await (await client.get("/openapi.json")).json()

    for path in ("/feeds/{feed}/changes", "/feeds/{feed}/changes.{form}"):
        answer = document["paths"][path]["get"]["responses"]["200"]
        assert list(answer["content"]) == [form.media_type for form in FORMATS]
        assert {"Next-Cursor", "Has-More"} <= set(answer["headers"])
    assert "406" in document["paths"]["/feeds/{feed}/changes"]["get"]["responses"]
    assert "application/xml" in json.dumps(document["paths"]["/feeds/{feed}/changes.xsd"])
