from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import insert

from patto_connectors.contract import Outcome, RowOutcome
from patto_hub.feeds.digests import Asked
from patto_hub.ledger import acknowledgements, deliveries, digests, job_state, keys, lanes, pushed, tables
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.digests import DayDigest
from patto_hub.ledger.lanes import LaneName

JOB = "ambito-fg1/visits"
HOUR = 3_600_000


@pytest.fixture
def hand_in(site, world):
    def made(content=b"a", *, job=JOB, outcome=None, at=0):
        receipt = world.token(16)
        site.ledger.write_now(
            pushed.take,
            job=job,
            receipt=receipt,
            idempotency_key=None,
            content=content,
            media_type="text/csv",
            now=world.milliseconds() + at,
        )
        if outcome is not None:
            counts, rows = outcome
            told = Outcome(name=receipt, counts=counts, rows=rows)
            site.ledger.write_now(pushed.tell, job, told, world.milliseconds())
        return receipt

    return made


def put(site, table, **values):
    site.ledger.write_now(lambda c: c.execute(insert(table).values(values)))


def set_aside(site, job=JOB, *, number=1, owner="partner", position="riga 4", code="field.missing"):
    issues = [{"code": code, "where": "/birth_date", "severity": "error", "values": {}}]
    put(
        site,
        tables.quarantine,
        job=job,
        run_id=1,
        partner_id=1,
        position=position,
        row=b"CANARINO RSSMRA80A01D643X",
        row_digest=number,
        issues=json.dumps(issues),
        code=code,
        owner=owner,
        opened_at=site.world.milliseconds(),
        last_at=site.world.milliseconds(),
    )


def ran(site, job, at, **values):
    now = site.world.milliseconds()
    told = {"state": "done", "read": 3, "new": 3, "partner_id": 1, "fence": 1, "owner": "h", "reason": "schedule"}
    put(site, tables.run, job=job, started_at=now + at, finished_at=now + at, **{**told, **values})


def plain(text):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2]))


# --- receipts ---------------------------------------------------------------------------------------------------------


async def test_a_receipt_says_who_sent_what_when_and_what_became_of_it(inside, hand_in):
    rows = [
        RowOutcome(
            position="riga 7", verdict="quarantined", code="field.missing", message="Manca la data.", owner="partner"
        )
    ]
    number = hand_in(b"x" * 1234, outcome=({"read": 9, "new": 8, "quarantined": 1}, rows))

    text = plain(await inside.text(f"/portal/receipts/{number}"))

    for said in (number, "Visite", "2 marzo 2026, 10:00:00 (CET)", "1.234 byte", "Accettato in parte", "riga 7"):
        assert said in text
    assert "Manca la data." in text
    assert "Chi può rimediare" in text


async def test_a_receipt_that_was_not_read_yet_says_so(inside, hand_in):
    number = hand_in()

    assert "Ricevuto, non ancora letto" in await inside.text(f"/portal/receipts/{number}")


async def test_the_list_of_receipts_goes_back_page_by_page_and_misses_none(inside, hand_in):
    made = [hand_in(bytes([n])) for n in range(120)]

    seen, path = [], "/portal/receipts"
    while path:
        text = await inside.text(path)
        seen += re.findall(r'href="/portal/receipts/([0-9a-f]{32})"', text)
        older = re.search(r'href="(\?before=\d+)"', text)
        path = f"/portal/receipts{older.group(1)}" if older else ""

    assert seen == made[::-1]


async def test_what_stands_after_before_is_never_more_than_a_number(inside):
    for text in ("x", "-1", "9" * 40, "1%20OR%201=1"):
        assert (await inside.get(f"/portal/receipts?before={text}")).status == 200


# --- rows to correct --------------------------------------------------------------------------------------------------


async def test_a_row_to_correct_has_place_rule_example_and_owner_and_no_content(inside, site):
    set_aside(site)

    text = await inside.text("/portal/refusals")

    assert "riga 4" in text
    assert "Visite" in text
    assert "field.missing" in text
    assert "Chi può rimediare" in text
    assert ">voi<" in text
    assert "CANARINO" not in text
    assert "RSSMRA" not in text


async def test_no_row_to_correct_is_good_news(inside):
    assert "tutto quello che avete inviato è stato accettato" in await inside.text("/portal/refusals")


async def test_a_record_that_a_reader_cannot_use_is_told_to_its_source_without_the_reader(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[2], partner=1)
    head = site.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar())
    refused = acknowledgements.Refused(head, 1, "data.strana", "La data di inizio è dopo la fine")
    said = acknowledgements.Said(
        partner="cpi-foggia", feed="pacts", position=1, applied=False, refused=[refused], digest=b"d"
    )
    site.ledger.write_now(acknowledgements.note, said, (0, 1), site.world.milliseconds())

    text = plain(await inside.text("/portal/refusals"))
    assert "La data di inizio è dopo la fine" in text
    assert "cpi-foggia" not in text


async def test_what_one_refused_oneself_is_listed_by_the_feeds_own_id(inside, site, say):
    say("pact", {"pact_id": "P1"}, to=[1], partner=2)
    head = site.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar())
    refused = acknowledgements.Refused(head, 1, "x", None)
    said = acknowledgements.Said(
        partner="ambito-fg1", feed="pacts", position=1, applied=False, refused=[refused], digest=b"d"
    )
    site.ledger.write_now(acknowledgements.note, said, (0, 1), site.world.milliseconds())

    assert f"pact-{head}" in await inside.text("/portal/refusals")
    assert "Una scheda non l'avete potuta usare" in (await inside.text("/portal")).replace("&#39;", "'")
    assert "Una non presa" in await inside.text("/portal/deliveries")


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
    say("pact", {"pact_id": "P1"}, to=[1])
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

    named = set(re.findall(r"<li><code>([^<]+)</code></li>", text))
    feeds = [each.feed for (partner, _), each in site.subscriptions.items() if partner == "ambito-fg1"]
    tops = {name for feed in feeds for view in feed.views for name in view.shape.model_fields}
    assert {each.partition(".")[0] for each in named} == tops
    assert "Convenzione n. 12" in text


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
