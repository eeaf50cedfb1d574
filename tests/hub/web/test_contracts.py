"""What a feed promises, to everybody who asks: versions, what changed, schemas, an example, vectors."""

from __future__ import annotations

import jsonschema_rs
import pytest

from patto_hub.feeds import views
from patto_hub.web.contracts import DOCUMENTS
from patto_hub.web.site import BASE
from patto_schemas.model import ENTITIES
from patto_schemas.published import VERSION
from patto_schemas.published.export import artefact

FEED = f"{BASE}/feeds"


@pytest.fixture
async def anybody(client_at, site):
    """A client without a key."""
    return await client_at(site)


async def test_a_contract_names_each_view_its_version_and_what_changed(anybody):
    told = await (await anybody.get(f"{FEED}/enrolments/contract")).json()

    assert [each["view"] for each in told["views"]] == [
        "EnrolmentView/2",
        "AttendanceDayView/1",
        "AttendanceMonthView/1",
    ]
    assert told["views"][0]["changes"] == [
        {"version": 2, "change": views.REQUESTS["it"], "change_en": views.REQUESTS["en"]}
    ]
    assert told["views"][1]["changes"] == []
    assert (told["feed"], told["version"], told["formats"]) == (
        "enrolments",
        "1",
        ["json", "ndjson", "xml", "csv", "xlsx"],
    )
    assert all(each["legal_basis"] and each["purpose_en"] for each in told["views"])


@pytest.mark.parametrize("identity", ["full", "pseudonym"])
async def test_every_document_that_a_contract_names_is_there_without_a_key(anybody, identity):
    told = await (await anybody.get(f"{FEED}/pacts/contract?identity={identity}")).json()

    assert told["_links"].keys() == DOCUMENTS.keys()
    for link in told["_links"].values():
        answer = await anybody.get(link["href"])
        assert answer.status == 200, link
        assert answer.content_type.startswith("application/")


async def test_a_real_page_is_valid_by_the_schema_that_is_handed_out(anybody, client_at, site, say, key_of):
    pact = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
    say("pact", pact, to=[2])
    head = site.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar())
    say("pact", None, to=[2], op="withdraw", head=head)
    reader = await client_at(site, key_of())

    page = await (await reader.get(f"{FEED}/pacts/changes")).json()
    schema = await (await anybody.get(f"{FEED}/pacts/json-schema")).json()

    assert len(page["items"]) == 2
    jsonschema_rs.validate(schema, page)


async def test_under_pseudonyms_the_example_names_nobody(anybody):
    full = await (await anybody.get(f"{FEED}/pacts/example")).text()
    hidden = await (await anybody.get(f"{FEED}/pacts/example?identity=pseudonym")).text()

    assert "family_name" in full
    assert "family_name" not in hidden


async def test_the_schemas_of_every_kind_of_record_are_handed_out_in_their_version(anybody):
    told = await (await anybody.get(f"{BASE}/entities")).json()

    assert told["version"] == VERSION
    assert [each["entity"] for each in told["items"]] == list(ENTITIES)
    for each in told["items"]:
        schema = await anybody.get(each["_links"]["json_schema"]["href"])
        xsd = await anybody.get(each["_links"]["xsd"]["href"])
        assert (await schema.json(content_type="application/schema+json"))["$id"].endswith(each["entity"])
        assert (await xsd.read()) == artefact(each["entity"], "xsd")[1]


async def test_there_is_no_schema_of_what_is_no_record(anybody):
    assert (await anybody.get(f"{BASE}/entities/altro/xsd")).status == 404
    assert (await anybody.get(f"{BASE}/entities/pact/altro")).status == 400


@pytest.mark.parametrize("path", ["contract", *DOCUMENTS.values()])
async def test_of_a_feed_that_is_not_there_or_does_not_leave_so_there_is_nothing(anybody, path):
    assert (await anybody.get(f"{FEED}/altro/{path}")).status == 404
    assert (await anybody.get(f"{FEED}/payments/{path}?identity=pseudonym")).status == 404
    assert (await anybody.get(f"{FEED}/pacts/{path}?identity=altro")).status == 400
