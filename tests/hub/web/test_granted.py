"""A partner reads by its subscription: what is not due is refused with the reason, the rest is given as it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from lxml import etree

from patto_hub.feeds import views
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.subscriptions import concealed, subscribe
from patto_hub.web.site import BASE

PARTNER = "cpi-foggia"
URL = f"{BASE}/feeds/pacts"
PACT = {
    "pact_id": "P1",
    "person_id": "RSSMRA80A01D643X",
    "person_scheme": "cf",
    "ambito": "FG/1",
    "scheme": "ReD_3",
    "status": "active",
}
MEASURE = {"measure_id": "M1", "pact_id": "P1", "type": "training", "activity_code": "C06"}
NAMES = pseudonyms_of(b"s" * 32, PARTNER, 1)


@pytest.fixture
def client_of(client_at, site, key_of):
    key = key_of(PARTNER, tuple(site.feeds))

    async def made(*subscriptions):
        given = {(PARTNER, each.feed.name): each for each in subscriptions}
        return await client_at(replace(site, subscriptions=given), key)

    return made


async def test_a_feed_without_a_subscription_is_refused_whatever_the_key_says(client_of, say):
    say("pact", PACT, to=[2])
    answer = await (await client_of()).get(f"{URL}/changes")
    problem = await answer.json()

    assert (answer.status, problem["code"]) == (403, "feed-withheld")
    assert "items" not in problem


@pytest.mark.parametrize(
    "path", ["changes", "changes.csv", "snapshot", "records/pact-1", "digest", "digests", "acknowledgements", "lanes"]
)
async def test_after_the_last_day_each_route_says_since_when_and_who_renews(client_of, say, path):
    say("pact", PACT, to=[2])
    ended = subscribe(PARTNER, views.PACTS, until=date(2026, 3, 1))  # the world's day is the second of March
    answer = await (await client_of(ended)).get(f"{URL}/{path}")
    problem = await answer.json()

    assert (answer.status, problem["code"]) == (403, "subscription-ended")
    assert "01/03/2026" in problem["detail"]
    assert problem["who_can_fix"] == "region"
    assert "Regione" in problem["what_to_do"]


async def test_on_the_last_day_it_is_still_given_and_after_a_renewal_the_cursor_is_still_good(client_of, say):
    say("pact", PACT, to=[2])
    last = await client_of(subscribe(PARTNER, views.PACTS, until=date(2026, 3, 2)))
    cursor = (await (await last.get(f"{URL}/changes")).json())["next_cursor"]
    say("pact", {**PACT, "pact_id": "P2"}, to=[2])

    renewed = await client_of(subscribe(PARTNER, views.PACTS, until=date(2027, 3, 2)))
    page = await (await renewed.get(f"{URL}/changes?cursor={cursor}")).json()

    assert [item["data"]["pact_id"] for item in page["items"]] == ["P2"]


async def test_of_the_kinds_that_are_not_due_nothing_is_given(client_of, say):
    say("pact", PACT, to=[2])
    say("measure", MEASURE, to=[2])
    client = await client_of(subscribe(PARTNER, views.PACTS, kinds={"measure"}))

    page = await (await client.get(f"{URL}/changes")).json()
    record = await client.get(f"{URL}/records/pact-1")

    assert [item["kind"] for item in page["items"]] == ["measure"]
    assert record.status == 404


async def test_F80_after_kinds_were_narrowed_and_widened_again_a_place_of_between_leads_to_the_snapshot(client_of, say):
    whole, narrowed = subscribe(PARTNER, views.PACTS), subscribe(PARTNER, views.PACTS, kinds={"measure"})
    before = (await (await (await client_of(whole)).get(f"{URL}/changes")).json())["next_cursor"]
    say("pact", PACT, to=[2])
    say("measure", MEASURE, to=[2])
    between = (await (await (await client_of(narrowed)).get(f"{URL}/changes")).json())["next_cursor"]

    client = await client_of(whole)
    refused = await client.get(f"{URL}/changes?cursor={between}")
    problem = await refused.json()
    snapshot = await (await client.get(problem["_links"]["snapshot"]["href"])).json()
    onward = await (await client.get(f"{URL}/changes?cursor={before}")).json()

    assert (refused.status, problem["code"]) == (410, "cursor-stale")
    assert "tipi di scheda" in problem["detail"]
    assert (await client.get(f"{URL}/digest?cursor={between}")).status == 410
    assert [item["kind"] for item in snapshot["items"]] == ["pact", "measure"]
    assert [item["kind"] for item in onward["items"]] == ["pact", "measure"], "of who read nothing meanwhile"


@pytest.mark.parametrize("path", ["changes", "snapshot"])
async def test_F80_a_place_among_other_names_leads_to_the_snapshot(client_of, say, path):
    for number in (1, 2):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])
    named = await client_of(subscribe(PARTNER, views.PACTS))
    cursor = (await (await named.get(f"{URL}/{path}?limit=1")).json())["next_cursor"]

    concealed_now = await client_of(subscribe(PARTNER, views.PACTS, pseudonyms=NAMES))
    answer = await concealed_now.get(f"{URL}/{path}?cursor={cursor}")

    assert answer.status == 410
    assert (await answer.json())["_links"]["snapshot"]["href"] == f"{URL}/snapshot"


async def test_what_was_taken_under_other_kinds_can_still_be_acknowledged(client_of, say):
    say("measure", MEASURE, to=[2])
    narrowed = await client_of(subscribe(PARTNER, views.PACTS, kinds={"measure"}))
    cursor = (await (await narrowed.get(f"{URL}/changes")).json())["next_cursor"]

    widened = await client_of(subscribe(PARTNER, views.PACTS))
    answer = await widened.post(f"{URL}/acknowledgements", json={"cursor": cursor})

    assert (answer.status, (await answer.json())["accepted"]) == (201, 1)


async def test_a_page_under_pseudonyms_in_xml_is_valid_against_its_own_schema(client_of, say):
    say("pact", PACT, to=[2])
    say("measure", MEASURE, to=[2])
    client = await client_of(subscribe(PARTNER, views.PACTS, pseudonyms=NAMES))

    document = etree.fromstring(await (await client.get(f"{URL}/changes.xml")).read())
    schema = etree.fromstring(await (await client.get(f"{URL}/changes.xsd?identity=pseudonym")).read())
    full = etree.fromstring(await (await client.get(f"{URL}/changes.xsd")).read())

    etree.XMLSchema(schema).assertValid(document)
    assert not etree.XMLSchema(full).validate(document)
    assert etree.QName(document).namespace == "urn:patto:feed:v1:pacts:pseudonym"


async def test_a_feed_that_does_not_leave_under_pseudonyms_has_no_such_schema(client_of):
    client = await client_of()

    assert concealed(views.PAYMENTS) is None
    assert (await client.get(f"{BASE}/feeds/payments/changes.xsd?identity=pseudonym")).status == 404
    assert (await client.get(f"{BASE}/feeds/payments/changes.xsd")).status == 200


async def test_the_history_of_a_record_is_found_by_its_id_under_pseudonyms_and_not_by_its_number(client_of, say):
    say("pact", PACT, to=[2])
    client = await client_of(subscribe(PARTNER, views.PACTS, pseudonyms=NAMES))
    (item,) = (await (await client.get(f"{URL}/changes")).json())["items"]

    again = await (await client.get(f"{URL}/records/{item['id']}")).json()

    assert again["items"] == [item]
    assert (await client.get(f"{URL}/records/pact-1")).status == 404
