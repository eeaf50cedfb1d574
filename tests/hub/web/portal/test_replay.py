from __future__ import annotations

import asyncio
import html
import re
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import parse_qs, urlsplit

import pytest

from patto_hub.clock.quiet import Quiet, window
from patto_hub.feeds import cursors, pages
from patto_hub.feeds.cursors import Place
from patto_hub.lanes.terms import Terms
from patto_hub.ledger import again, audit, lanes
from patto_hub.ledger.lanes import LaneName

LANE = LaneName("ambito-fg1", "pacts", "webhook")
MARCH = round(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture
def pushed_to(site, say):
    """A lane that has delivered changes of pacts, `pact-1` and so on; two more wait."""

    def made(position=4, name=LANE):
        for number in range(6):
            say("pact", {"pact_id": f"P{number}"}, to=[1], partner=2)
        site.ledger.write_now(lanes.change, name, lambda lane: replace(lane, position=position))

    return made


async def consider(browser, **form):
    return await browser.post("/portal/replay", ticket=await browser.ticket("/portal/replay"), **form)


async def confirm(browser, **form):
    return await browser.post("/portal/replay/confirm", ticket=await browser.ticket("/portal/replay"), **form)


def cursor(site, position, feed="pacts", partner="ambito-fg1"):
    return cursors.write(site.cursor_key, feed, partner, Place(position, MARCH // cursors.DAY_MS))


def shown(text):
    return html.unescape(re.search(r'<code class="copy">([^<]+)</code>', text).group(1))


async def asked(site):
    return await site.ledger.read(again.of_partner, "ambito-fg1")


async def test_of_a_fetched_feed_a_day_gives_the_bookmark_to_fetch_from(inside, site, say):
    first = say("pact", {"pact_id": "P1"}, to=[1])  # at the instant of MARCH
    answer = await consider(inside, what="pacts/pull", **{"from": "date", "date": "2026-03-02"})

    address = urlsplit(shown(await answer.text()))
    found = cursors.read(site.cursor_key, "pacts", "ambito-fg1", parse_qs(address.query)["cursor"][0])
    assert address.path.endswith("/feeds/pacts/changes")
    assert found.position == first - 1


async def test_of_a_fetched_feed_a_pact_gives_the_address_of_its_history(inside, say):
    say("pact", {"pact_id": "P1"}, to=[1])
    answer = await consider(inside, what="pacts/pull", **{"from": "pact", "pact": "pact-1"})

    assert shown(await answer.text()).endswith("/feeds/pacts/records/pact-1")


async def test_a_bookmark_of_ones_own_is_taken_and_its_changes_are_counted(inside, site, say):
    read = say("pact", {"pact_id": "P1"}, to=[1])
    say("pact", {"pact_id": "P2"}, to=[1])
    say("pact", {"pact_id": "P3"}, to=[2])

    text = await (await consider(inside, what="pacts/pull", **{"from": "cursor", "cursor": cursor(site, read)})).text()
    assert "una variazione" in text


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"what": "payments/pull", "from": "date", "date": "2026-03-01"}, "Scegliete un flusso"),
        ({"what": "enrolments/pull", "from": "date", "date": "2026-03-01"}, "Scegliete un flusso"),
        ({"what": "pacts/files", "from": "date", "date": "2026-03-01"}, "Scegliete un flusso"),
        ({"what": "pacts/webhook", "from": "date", "date": "2026-03-01"}, "non vi abbiamo ancora consegnato nulla"),
        ({"what": "pacts/pull", "from": "pact", "pact": "pact-17"}, "Nessun patto con questo codice"),
        ({"what": "pacts/pull"}, "Scegliete da dove"),
        ({"what": "pacts/pull", "from": "date", "date": "ieri"}, "Il giorno non è valido"),
        ({"what": "pacts/pull", "from": "date", "date": "2026-03-03"}, "nel futuro"),
        ({"what": "pacts/pull", "from": "date", "date": "0001-01-01"}, "Il giorno non è valido"),
        ({"what": "pacts/pull", "from": "cursor", "cursor": "xyz"}, "non è di questo flusso"),
        ({"what": "pacts/pull", "from": "cursor", "cursor": "è" * 300}, "non è di questo flusso"),
        ({"what": "pacts/pull", "from": "pact", "pact": "person-3"}, "Non è il codice di un patto"),
        ({"what": "pacts/pull", "from": "pact", "pact": "pact-<script>"}, "Non è il codice di un patto"),
    ],
)
async def test_what_cannot_be_told_is_refused_with_the_reason(inside, form, words):
    answer = await consider(inside, **form)

    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert words in await answer.text()


async def test_a_bookmark_of_another_partner_is_none(inside, site):
    theirs = cursor(site, 3, partner="cpi-foggia")

    answer = await consider(inside, what="pacts/pull", **{"from": "cursor", "cursor": theirs})
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_a_bookmark_that_is_too_old_says_so(inside, site):
    day = MARCH // cursors.DAY_MS - pages.RETENTION_DAYS - 1
    old = cursors.write(site.cursor_key, "pacts", "ambito-fg1", Place(3, day))

    answer = await consider(inside, what="pacts/pull", **{"from": "cursor", "cursor": old})
    assert "troppo vecchio" in await answer.text()


async def test_what_the_hub_brings_comes_again_only_after_a_word(inside, site, pushed_to):
    pushed_to()
    form = {"what": "pacts/webhook", "from": "cursor", "cursor": cursor(site, 1)}

    considered = await (await consider(inside, **form)).text()
    assert "vi abbiamo consegnato 3 variazioni" in considered
    assert "Verranno consegnate di nuovo" in considered
    assert await asked(site) == []

    answer = await confirm(inside, **form)
    assert "Richiesta presa" in await answer.text()
    (made,) = await asked(site)
    assert (made.lane, made.after, made.until, made.pact) == (LANE, 1, 4, None)
    assert made.asked_by == "partner:ambito-fg1"
    assert "lane.replay" in {each.action for each in await site.ledger.read(audit.newest)}


async def test_one_pact_comes_again(inside, site, pushed_to):
    pushed_to()
    await confirm(inside, what="pacts/webhook", **{"from": "pact", "pact": "pact-3"})

    (made,) = await asked(site)
    assert (made.after, made.pact) == (0, "pact-3")
    assert "pact-3" in await inside.text("/portal/replay")


async def test_F82_the_same_confirmation_sent_twice_asks_once(inside, site, pushed_to):
    pushed_to()
    ticket = await inside.ticket("/portal/replay")
    form = {"what": "pacts/webhook", "from": "pact", "pact": "pact-3", "ticket": ticket}

    await asyncio.gather(*(inside.post("/portal/replay/confirm", **form) for _ in range(4)))

    assert len(await asked(site)) == 1


async def test_a_form_is_good_for_one_wish_only(inside, site, pushed_to):
    pushed_to()
    ticket = await inside.ticket("/portal/replay")

    statuses = [
        (
            await inside.post(
                "/portal/replay/confirm", what="pacts/webhook", ticket=ticket, **{"from": "pact", "pact": pact}
            )
        ).status
        for pact in ("pact-3", "pact-4")
    ]

    assert statuses == [HTTPStatus.OK, HTTPStatus.FORBIDDEN]
    assert len(await asked(site)) == 1


async def test_a_fetched_feed_cannot_be_delivered(inside, site):
    answer = await confirm(inside, what="pacts/pull", **{"from": "date", "date": "2026-03-01"})

    assert answer.status == HTTPStatus.NOT_FOUND
    assert await asked(site) == []


async def test_only_feeds_that_the_key_opens_can_come_again(browser, new_key, site, pushed_to):
    pushed_to()
    await browser.post("/portal/login", key=new_key(scopes=("catalogue",))[1])

    text = await browser.text("/portal/replay")
    assert "catalogue/pull" in text
    assert "pacts/" not in text


async def test_a_feed_that_is_withheld_cannot_come_again(inside, site):
    object.__setattr__(site, "refuse_feed", lambda _partner, feed: "no" if feed == "pacts" else None)

    assert "pacts/" not in await inside.text("/portal/replay")


async def test_of_a_lane_that_has_delivered_nothing_yet_nothing_is_promised(inside, site, pushed_to):
    pushed_to(position=0)
    form = {"what": "pacts/webhook", "from": "date", "date": "2026-03-01"}
    text = await (await consider(inside, **form)).text()
    answer = await confirm(inside, **form)

    assert "la prima consegna arriva da sola" in text
    assert "Verranno consegnate di nuovo" not in text
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert await asked(site) == []


async def test_what_was_not_delivered_yet_cannot_come_again(inside, site, pushed_to):
    pushed_to()
    after = await (await consider(inside, what="pacts/webhook", **{"from": "cursor", "cursor": cursor(site, 4)})).text()
    pact = await (await consider(inside, what="pacts/webhook", **{"from": "pact", "pact": "pact-5"})).text()

    assert "non c'è niente da ripetere" in html.unescape(after)
    assert "arriverà da solo" in pact


async def test_what_the_partner_says_itself_is_counted_neither_as_delivered_nor_as_waiting(inside, pushed_to, say):
    say("pact", {"pact_id": "P"}, to=[1], partner=1)
    pushed_to(position=3)
    say("pact", {"pact_id": "P"}, to=[1], partner=1)
    form = {"what": "pacts/webhook", "from": "date", "date": "2026-03-01"}

    assert "vi abbiamo consegnato 2 variazioni" in await (await consider(inside, **form)).text()
    assert "4 variazioni" in await inside.text("/portal/deliveries")


async def test_others_pacts_are_nobodys(inside, say):
    say("pact", {"pact_id": "P1"}, to=[2])
    pages_ = [
        await (await consider(inside, what="pacts/pull", **{"from": "pact", "pact": pact})).text()
        for pact in ("pact-1", "pact-9")
    ]

    assert all("Nessun patto con questo codice fra i vostri" in each for each in pages_)


async def test_a_way_that_was_taken_out_of_the_settings_is_shown_and_cannot_be_chosen(inside, site, pushed_to):
    gone = LANE._replace(way="signals")
    pushed_to()
    site.ledger.write_now(lanes.change, gone, lambda lane: replace(lane, position=3, failures=9, trouble="dns"))
    overview, deliveries = await inside.text("/portal"), await inside.text("/portal/deliveries")

    assert "Non più nelle impostazioni" in overview
    assert "Non più nelle impostazioni" in deliveries
    assert "dns" not in deliveries
    assert "pacts/signals" not in await inside.text("/portal/replay")
    answer = await confirm(inside, what="pacts/signals", **{"from": "date", "date": "2026-03-01"})
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY


async def test_quiet_hours_are_shown(inside, site, pushed_to):
    pushed_to()
    site.ways[LANE] = Terms(quiet=Quiet((window("09:00-12:00"),)))

    text = await inside.text("/portal/deliveries")
    assert "Non inviamo nulla nelle ore 09:00-12:00" in text
    assert "Prossimo tentativo" in text


async def test_a_replay_that_is_not_taken_says_why(inside, site, pushed_to):
    pushed_to()
    await confirm(inside, what="pacts/webhook", **{"from": "pact", "pact": "pact-3"})
    (made,) = await asked(site)
    await site.ledger.write(again.failed, made, "webhook.refused", MARCH + 300_000, MARCH)
    waits = await inside.text("/portal/replay")
    await site.ledger.write(again.failed, made, "webhook.refused", None, MARCH)

    assert "webhook.refused" in waits
    assert "Prossimo tentativo" in waits
    assert "chiedetela di nuovo" in await inside.text("/portal/replay")
