from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Malformed
from patto_connectors.xml import bytes_body
from patto_plugins.training_catalogue import xcri

CATALOGUE = """<?xml version="1.0" encoding="UTF-8"?>
<catalog xmlns="http://xcri.org/profiles/1.2/catalog" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:mlo="http://purl.org/net/mlo" xmlns:credit="http://purl.org/net/cm" xmlns:x="http://www.w3.org/1999/xhtml">
<provider><dc:identifier>{provider}</dc:identifier><dc:title>Ente</dc:title>{courses}
<mlo:location><mlo:street>via Roma 1</mlo:street><mlo:town>Lecce</mlo:town><mlo:postcode>73100</mlo:postcode>
<mlo:phone>0832 1</mlo:phone><mlo:email>a@ente.example</mlo:email></mlo:location></provider></catalog>"""


@pytest.fixture
def offered(read_source):
    async def offer(course="", presentation="", provider="P1", head="<dc:title>Cuoco</dc:title>"):
        inner = f"<presentation><dc:identifier>E1</dc:identifier>{presentation}</presentation>" if presentation else ""
        courses = f"<course><dc:identifier>C1</dc:identifier>{head}{course}{inner}</course>"
        content = CATALOGUE.format(courses=courses, provider=provider).encode()
        batches = await read_source(xcri.source(bytes_body(content), "it"))
        return [xcri.translate(row) for batch in batches for row in batch.rows]

    return offer


@pytest.mark.parametrize(
    ("start", "on", "text"),
    [
        ("<mlo:start>2026-09-01</mlo:start>", date(2026, 9, 1), None),
        ("<mlo:start>2026-09-01T00:00:00</mlo:start>", date(2026, 9, 1), None),
        ('<mlo:start dtf="2026-09-01">settembre 2026</mlo:start>', date(2026, 9, 1), "settembre 2026"),
        ('<mlo:start dtf="2026-09-01"/>', date(2026, 9, 1), None),
        ("<mlo:start>a settembre</mlo:start>", None, "a settembre"),
        ("<mlo:start>1900-01-01</mlo:start>", None, "sempre aperto"),
        ("<mlo:start>2026-02-31</mlo:start>", None, "2026-02-31"),
        ("<mlo:start/>", None, None),
    ],
)
async def test_a_start_is_read_by_machine_value_then_text(offered, start, on, text):
    course, _ = await offered(presentation=start)

    assert (course.presentations[0].start_on, course.presentations[0].start_text) == (on, text)


async def test_always_open_applications_have_no_dates(offered):
    course, _ = await offered(presentation="<applyFrom>1900-01-01</applyFrom><applyUntil>2099-12-31</applyUntil>")

    assert (course.presentations[0].apply_from, course.presentations[0].apply_until) == (None, None)


@pytest.mark.parametrize(
    ("mode", "code", "schedule"),
    [
        ('<studyMode identifier="PT">Part time</studyMode>', "part_time", None),
        ('<studyMode identifier="FL">quando vuoi</studyMode>', "flexible", "quando vuoi"),
        ("<studyMode>FT</studyMode>", "full_time", None),
        ("<studyMode>serale</studyMode>", "unknown", "serale"),
        ("<studyMode/>", "unknown", None),
    ],
)
async def test_a_study_mode_is_a_code_and_the_words_that_say_more(offered, mode, code, schedule):
    course, _ = await offered(presentation=mode)

    assert (course.presentations[0].study_mode, course.presentations[0].schedule) == (code, schedule)


async def test_markup_inside_texts_is_left_out(offered):
    course, _ = await offered(course="<mlo:objective><x:div><x:p>Uno.</x:p><x:p>Due</x:p></x:div></mlo:objective>")

    assert course.objective == "Uno. Due"


async def test_an_empty_credit_level_harms_nothing(offered):
    credit = "<mlo:credit><credit:scheme>EQF</credit:scheme><credit:level/></mlo:credit>"
    level = "<mlo:credit><credit:scheme>EQF</credit:scheme><credit:level>4</credit:level></mlo:credit>"

    assert (await offered(course=credit))[0].figure is None
    assert (await offered(course=credit + level))[0].figure.eqf == 4


@pytest.mark.parametrize(
    ("cost", "amount", "text"),
    [("84.0000", Decimal("84.00"), None), ("0.00", Decimal(0), None), ("UK fee: GBP155.00", None, "UK fee: GBP155.00")],
)
async def test_a_cost_is_an_amount_or_words(offered, cost, amount, text):
    course, _ = await offered(presentation=f"<mlo:cost>{cost}</mlo:cost>")

    assert (course.presentations[0].cost, course.presentations[0].cost_text) == (amount, text)


async def test_an_address_abroad_is_told_in_the_venue(offered):
    abroad, _ = await offered(
        presentation="<venue><provider><dc:title>Campus</dc:title><mlo:location><mlo:town>Kirkcaldy</mlo:town>"
        "<mlo:postcode>KY1 1EX</mlo:postcode></mlo:location></provider></venue>"
    )

    assert abroad.presentations[0].venue == "Campus · Kirkcaldy · KY1 1EX"
    assert abroad.presentations[0].address is None


async def test_the_provider_becomes_an_organisation(offered):
    _, provider = await offered()

    assert provider.type == "training_provider"
    assert provider.seat.postcode == "73100"
    assert [contact.channel for contact in provider.contacts] == ["phone", "email"]


async def test_a_vat_number_is_recognised_as_one(offered):
    course, provider = await offered(provider="00743110157")

    assert course.provider.organisation == ("piva", "00743110157")
    assert provider.identifiers[0].name == ("piva", "00743110157")


async def test_a_course_without_identifier_is_refused():
    with pytest.raises(KeyError):
        xcri.translate({"is": "course", "by": {"identifier": "P", "title": "E", "url": None}, "tongue": "it"})


async def test_a_course_without_title_is_refused(offered):
    with pytest.raises(ValidationError):
        await offered(head="")


async def test_what_has_no_place_is_kept_beside(offered):
    course, _ = await offered(course="<nuovo>campo</nuovo>")

    assert course.model_extra == {"xcri:nuovo": "campo"}


async def test_another_document_is_refused(read_source):
    with pytest.raises(Malformed):
        await read_source(xcri.source(bytes_body(b"<html><body>manutenzione</body></html>"), "it"))
