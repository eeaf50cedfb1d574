"""The pages to look at: how things stand both ways, deliveries, what leaves under which right, limits."""

from __future__ import annotations

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest
from sqlalchemy import insert

from patto_connectors.contract import Connector
from patto_hub.feeds.digests import Asked
from patto_hub.feeds.views import CLOSED_EDITIONS
from patto_hub.ledger import deliveries, digests, job_state, keys, lanes, tables
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.digests import DayDigest
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.portal.overview import address_of
from patto_hub.web.site import WebSettings

JOB = "ambito-fg1/visits"
HOUR = 3_600_000


def ran(site, job, at, **values):
    now = site.world.milliseconds()
    told = {"state": "done", "read": 3, "new": 3, "partner_id": 1, "fence": 1, "owner": "h", "reason": "schedule"}
    row = {"job": job, "started_at": now + at, "finished_at": now + at, **told, **values}
    site.ledger.write_now(lambda c: c.execute(insert(tables.run).values(row)))


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2]))


# --- the overview -----------------------------------------------------------------------------------------------------


async def test_a_late_stream_says_since_when_and_what_to_do(inside, site):
    ran(site, JOB, -50 * HOUR)

    text = plain(await inside.text("/portal"))

    assert "In ritardo" in text
    assert "Lo aspettavamo" in text
    assert "inviate i dati da «Invia un file»" in text


async def test_what_staff_wrote_for_each_other_is_not_the_partners_to_read(inside, site):
    now = site.world.milliseconds()
    site.ledger.write_now(job_state.pause, JOB, by="anna.bianchi", reason="CANARINO sospetto", now=now)

    text = await inside.text("/portal")

    assert "La Regione ha sospeso la lettura" in text
    assert "CANARINO" not in text
    assert "anna.bianchi" not in text


async def test_technical_details_of_a_trouble_are_not_shown(inside, site):
    ran(site, JOB, -1, state="failed", trouble_code="tcp", trouble_detail="CANARINO 10.0.0.7:8443 refused")

    text = await inside.text("/portal")

    assert "Il vostro servizio non ci ha risposto" in text
    assert "fate controllare il servizio" in text
    assert "CANARINO" not in text


async def test_a_reading_that_found_nothing_is_not_called_an_arrival(inside, site):
    ran(site, JOB, -4 * HOUR, read=0, new=0)

    text = plain(await inside.text("/portal"))

    assert ": niente di nuovo." in text
    assert "Arrivato" not in text


async def test_all_well_is_said_in_a_word(inside, site):
    ran(site, JOB, -4 * HOUR)
    ran(site, "ambito-fg1/notices", -4 * HOUR)
    for feed in ("pacts", "catalogue"):
        site.ledger.write_now(keys.note_reading, "ambito-fg1", feed=feed, position=0, at=site.world.milliseconds())

    assert "Tutto in regola: non c" in await inside.text("/portal")


async def test_a_feed_that_is_to_be_read_is_something_to_do(inside, site):
    text = await inside.text("/portal")

    assert "Che cosa fare: leggete il flusso" in text
    assert "non c'è nulla da fare" not in text.replace("&#39;", "'")


async def test_how_far_one_has_read_is_counted_by_what_is_addressed_to_one(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[1])
    read = say("pact", {"pact_id": "P2"}, to=[1])
    say("pact", {"pact_id": "P3"}, to=[1])
    say("pact", {"pact_id": "P4"}, to=[2])
    say("employment", {"employment_id": "E1"}, to=[1])
    say("course_offering", {"offering_id": "C1"}, to=[0])
    site.ledger.write_now(keys.note_reading, "ambito-fg1", feed="pacts", position=read, at=site.world.milliseconds())
    site.ledger.write_now(keys.note_reading, "ambito-fg1", feed="catalogue", position=0, at=site.world.milliseconds())

    text = plain(await inside.text("/portal"))

    assert text.count("Una variazione vi aspetta") == 2


def writes(site, feed="pacts", name="assignments"):
    """Give the partner a stream that hands it a feed as files."""
    visits = site.jobs[JOB]
    connector = Connector(
        name=name,
        settings=visits.connector.settings,
        sink=lambda _: None,
        summary={"it": "Foglio di calcolo", "en": "W"},
    )
    job = replace(
        visits, name=f"ambito-fg1/{name}", connector=connector, subscription=site.subscriptions["ambito-fg1", feed]
    )
    site.jobs[job.name] = job


async def test_a_feed_that_comes_as_a_file_is_nothing_to_read(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[1])
    site.ledger.write_now(keys.note_reading, "ambito-fg1", feed="catalogue", position=0, at=site.world.milliseconds())
    writes(site)

    before = plain(await inside.text("/portal"))
    now = site.world.milliseconds()
    lane = LaneName("ambito-fg1", "pacts", "assignments")
    site.ledger.write_now(lanes.change, lane, lambda each: replace(each, position=9, delivered_at=now))
    after = plain(await inside.text("/portal"))

    for text in (before, after):
        assert "Arriva da solo: Foglio di calcolo." in text
        assert "leggete il flusso" not in text
        assert "Non lo avete ancora letto" not in text
    assert "Una variazione vi aspetta" in before
    assert "Ultima consegna oggi alle 10:00" in after
    assert "Nulla in attesa" in after


@pytest.mark.parametrize(("made", "read"), [("full standard pacts;x;", False), ("thin standard", True)])
async def test_a_message_with_the_records_in_it_is_nothing_to_read_and_a_hint_is(inside, site, say, made, read):
    say("pact", {"pact_id": "P1"}, to=[1])
    site.ledger.write_now(keys.note_reading, "ambito-fg1", feed="catalogue", position=0, at=site.world.milliseconds())
    lane = LaneName("ambito-fg1", "pacts", "webhook")
    site.ledger.write_now(lanes.change, lane, lambda each: replace(each, delivered_as=made))

    assert ("leggete il flusso" in plain(await inside.text("/portal"))) is read


# --- deliveries -------------------------------------------------------------------------------------------------------


def delivered(site, state="done", receipt=None, *, partner="ambito-fg1"):
    told = Delivery(
        partner=partner,
        feed="pacts",
        way="webhook",
        from_seq=1,
        to_seq=20,
        items=1_200,
        view="PactView/1",
        digest=b"d",
        at=site.world.milliseconds(),
        state=state,
        receipt=receipt or {},
    )
    site.ledger.write_now(deliveries.note, told)


async def test_a_delivery_says_when_what_how_and_how_it_went(inside, site):
    delivered(site, receipt={"reference": "ABC-7"})
    delivered(site, "failed", {"code": "tcp"})

    text = plain(await inside.text("/portal/deliveries"))

    for said in ("1.200", "dal n. 1 al n. 20", "avviso al vostro indirizzo", "ricevuta: ABC-7", "non riuscita"):
        assert said in text


async def test_a_lane_that_waits_says_that_nothing_is_lost_and_when_it_goes_on(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[1], partner=2)
    now = site.world.milliseconds()
    name = LaneName("ambito-fg1", "pacts", "webhook")

    trouble = {"state": "waiting", "since": now, "trouble": "tcp", "not_before": now + HOUR}
    site.ledger.write_now(lanes.change, name, lambda lane: replace(lane, **trouble))

    for path in ("/portal", "/portal/deliveries"):
        text = plain(await inside.text(path))
        assert "In attesa" in text
        assert "nulla va perso" in text
        assert "Prossimo tentativo oggi alle 11:00" in text
        assert "Una variazione vi aspetta" in text


# --- what leaves ------------------------------------------------------------------------------------------------------


async def test_every_field_that_leaves_is_named_and_no_other(inside, site):
    text = await inside.text("/portal/subscriptions")

    named = set(re.findall(r"<code>([^<]+)</code></li>", text))
    feeds = [each.feed for (partner, _), each in site.subscriptions.items() if partner == "ambito-fg1"]
    tops = {name for feed in feeds for view in feed.views for name in view.shape.model_fields}
    assert {each.partition(".")[0] for each in named} == tops
    assert "Convenzione n. 12" in text


async def test_a_field_is_called_as_people_do_beside_the_name_that_programs_use(inside):
    italian, english = await inside.text("/portal/subscriptions"), await inside.text("/portal/subscriptions?lang=en")

    assert "<li>Numero del patto <code>pact_number</code></li>" in italian
    assert "<li>Number of the pact <code>pact_number</code></li>" in english


async def test_the_address_of_a_feed_is_whole_where_the_settings_name_none(inside):
    assert f"<code>{inside.address}/rest/patto/v1/feeds/pacts/changes</code>" in await inside.text(
        "/portal/subscriptions"
    )


@pytest.mark.parametrize(
    ("public", "https", "address"),
    [
        ("https://patto.example", False, "https://patto.example/rest/patto/v1"),
        ("", True, "https://hub.lan:8443/rest/patto/v1"),
        ("", False, "http://hub.lan:8443/rest/patto/v1"),
    ],
)
def test_the_address_is_that_of_the_settings_and_else_that_of_the_page(public, https, address):
    settings = WebSettings(public_url=public, https=https)
    request = SimpleNamespace(scheme="http", host="hub.lan:8443")

    assert address_of(SimpleNamespace(site=SimpleNamespace(settings=settings), request=request)) == address


async def test_the_documents_of_each_feed_are_a_click_away_with_its_versions(inside):
    text = await inside.text("/portal/subscriptions")

    for path in ("changes.xsd", "json-schema", "example", "webhook-vectors"):
        for feed in ("pacts", "catalogue"):
            address = f"/rest/patto/v1/feeds/{feed}/{path}"
            assert f'href="{address}"' in text
            assert (await inside.get(address)).status == 200
    assert "<code>PactView/1</code><br>È la prima versione." in text
    assert f"Novità della versione 2: {CLOSED_EDITIONS['it']}" in text
    assert f"What version 2 changed: {CLOSED_EDITIONS['en']}" in await inside.text("/portal/subscriptions?lang=en")


async def test_what_one_had_to_hold_when_yesterday_ended_is_shown_once_it_was_asked_for(inside, site):
    assert "Prova di completezza" not in await inside.text("/portal/subscriptions")
    asked = Asked(subscription=site.subscriptions["ambito-fg1", "pacts"], organisations=[1])
    made = DayDigest(position=9, counts={"pact": 3, "person": 1_200}, sha256=b"\xab" * 32, unsure=0)

    site.ledger.write_now(digests.keep, asked.audience, "2026-03-01", made, site.world.milliseconds())

    text = await inside.text("/portal/subscriptions")
    assert "dovevate avere 1.203 schede" in text
    assert "ab" * 32 in text


async def test_looking_at_the_limits_takes_nothing_away(inside, site):
    before = site.rates.take("partner:ambito-fg1", site.world.monotonic(), 0)
    await inside.text("/portal/limits")

    assert site.rates.take("partner:ambito-fg1", site.world.monotonic(), 0) == before
    assert "10.000" in await inside.text("/portal/limits")


async def test_the_limits_of_reading_and_of_handing_in_are_told(inside, site):
    text = plain(await inside.text("/portal/limits"))

    for said in ("1.000 variazioni", "400 giorni", "120 secondi", "4 invii; gli altri attendono", "contano insieme"):
        assert said in text


async def test_whoever_sends_nothing_is_told_no_limits_of_sending(browser, new_key):
    await browser.post("/portal/login", key=new_key("ente", scopes=())[1])

    assert "Deve arrivare entro" not in plain(await browser.text("/portal/limits"))
