"""Two partners that know nothing of each other: every page of one, asked for everything of the other."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import insert

from patto_connectors.contract import Outcome, RowOutcome
from patto_hub.ledger import acknowledgements, again, deliveries, keys, lanes, portal, pushed, tables
from patto_hub.ledger.deliveries import Delivery
from patto_hub.ledger.lanes import LaneName
from patto_hub.web.portal.pages import PAGES

US, THEM = "ambito-fg1", "cpi-foggia"
CANARY = "CANARINO"
GOOD = b"codice;cognome;sesso\nP1;Rossi;F\n"


@pytest.fixture
async def theirs(browsers, new_key, site, say):
    """All that the portal can show of the other partner, a canary in every text; gives what names it."""
    now = site.world.milliseconds()
    key, text = new_key(THEM, scopes=("push", "enrolments"), expires_at=now + 86_400_000)
    receipt = "f" * 32
    job = f"{THEM}/courses"
    say("enrolment", {"enrolment_id": CANARY}, to=[2], partner=2)
    head = site.ledger.read_now(lambda c: c.exec_driver_sql("SELECT max(id) FROM head").scalar())
    site.ledger.write_now(_fill, job, receipt, now)
    site.ledger.write_now(keys.note_reading, THEM, feed="enrolments", position=0, at=now)
    refused = acknowledgements.Refused(head, 1, f"{CANARY}.code", f"{CANARY} motivo")
    said = acknowledgements.Said(
        partner=THEM, feed="enrolments", position=9, applied=True, refused=[refused], digest=b"d"
    )
    site.ledger.write_now(acknowledgements.note, said, (0, 1), now)
    lane = LaneName(THEM, "enrolments", f"{CANARY}-way")
    site.ledger.write_now(lanes.change, lane, lambda each: replace(each, position=7, trouble=f"{CANARY}.trouble"))
    site.ledger.write_now(again.ask, lane, key="k", after=1, pact=f"pact-{CANARY}", by=f"partner:{THEM}", now=now)
    told = Delivery(
        partner=THEM,
        feed="enrolments",
        way=f"{CANARY}-way",
        from_seq=1,
        to_seq=2,
        items=1,
        view="v",
        digest=b"d",
        at=now,
        state="done",
        receipt={"reference": f"{CANARY}-reference"},
    )
    site.ledger.write_now(deliveries.note, told)
    other = await browsers()
    await other.post("/portal/login", key=text)
    trial = (await other.upload(GOOD, stream="courses")).url.name
    return {"receipt": receipt, "trial": trial, "prefix": key.prefix, "blank": "courses.csv"}


def _fill(connection, job, receipt, now):
    connection.exec_driver_sql("UPDATE partner SET title = ? WHERE name = ?", (f"{CANARY} titolo", THEM))
    taken = {"job": job, "receipt": receipt, "idempotency_key": "k", "content": b"x", "media_type": "text/csv"}
    pushed.take(connection, **taken, now=now)
    row = RowOutcome(
        position=f"{CANARY} riga", verdict="refused", code="x", message=f"{CANARY} parole", owner="partner"
    )
    pushed.tell(connection, job, Outcome(name=receipt, counts={"read": 1, "refused": 1}, rows=[row]), now)
    connection.execute(
        insert(tables.quarantine).values(
            job=job,
            run_id=1,
            partner_id=2,
            position=f"{CANARY} riga",
            row=CANARY.encode(),
            row_digest=1,
            issues=json.dumps([{"code": f"{CANARY}.code", "where": f"/{CANARY}", "values": {}}]),
            code=f"{CANARY}.code",
            owner="partner",
            opened_at=now,
            last_at=now,
        )
    )
    connection.execute(
        insert(tables.run).values(
            job=job,
            partner_id=2,
            fence=1,
            owner="h",
            reason=f"{CANARY} reason",
            state="done",
            started_at=now,
            finished_at=now,
        )
    )


def named(path, names):
    return re.sub(r"\{(\w+)[^}]*\}", lambda part: names[part[1]], path)


def state(site):
    """Everything that a page could change of the other partner."""
    return site.ledger.read_now(
        lambda c: [
            [tuple(row) for row in c.exec_driver_sql(question, (f"{THEM}%",))]
            for question in (
                "SELECT * FROM api_key WHERE partner LIKE ?",
                "SELECT * FROM pushed WHERE job LIKE ?",
                "SELECT * FROM replay WHERE partner LIKE ?",
                "SELECT * FROM lane WHERE partner LIKE ?",
                "SELECT * FROM portal_upload WHERE job LIKE ?",
                "SELECT * FROM job_state WHERE job LIKE ?",
            )
        ]
    )


async def test_the_canaries_are_where_their_owner_sees_them(browsers, new_key, theirs, site):
    """Without this the test below could not fail."""
    other = await browsers()
    await other.post("/portal/login", key=new_key(THEM, scopes=("push", "enrolments"))[1])

    texts = {page.path: await other.text(named(page.path, theirs)) for page in PAGES if page.method == "GET"}

    seen = {path for path, text in texts.items() if CANARY in text}
    assert {"/portal", "/portal/deliveries", "/portal/receipts", "/portal/receipts/{receipt}"} <= seen
    assert {"/portal/refusals", "/portal/upload", "/portal/replay", "/portal/subscriptions"} <= seen


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.method} {page.path}")
async def test_no_page_shows_or_changes_anything_of_another_partner(inside, theirs, site, page):
    path, before = named(page.path, theirs), state(site)

    if page.method == "GET":
        answers = [await inside.get(path + query) for query in ("", "?before=9999", "?lang=en")]
    else:
        ticket = await inside.ticket("/portal/keys")
        forms = (
            {"stream": "courses"},
            {"what": "enrolments/pull", "from": "pact", "pact": "pact-1"},
            {"what": f"enrolments/{CANARY}-way", "from": "pact", "pact": "pact-1"},
        )
        answers = [await inside.post(path, ticket=ticket, **{"sure": "yes", **form}) for form in forms]

    assert [CANARY in await answer.text() for answer in answers] == [False] * len(answers)
    assert state(site) == before
    if "{" in page.path:
        assert [answer.status for answer in answers] == [404] * len(answers)


@pytest.mark.parametrize("name", ["ambito_fg1", "ambito-fg", "ambito-fg10", "ambito-fg1/", "%", "cpi-fogg_a", ""])
def test_a_name_that_is_nearly_anothers_finds_nothing_of_it(ledger, name):
    for job in ("ambito-fg1/visits", "cpi-foggia/courses"):
        ledger.write_now(_fill, job, job.ljust(32, "x"), 0)

    found = ledger.read_now(
        lambda c: (
            portal.handed_in(c, name),
            portal.refusals(c, name),
            portal.count_refusals(c, name),
            portal.handovers(c, name),
        )
    )
    assert found == ([], [], {}, [])
