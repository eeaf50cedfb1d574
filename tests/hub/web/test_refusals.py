"""A partner's refusals as a feed: whatever opens and closes comes to a reader that polls, and only to whose it is."""

from __future__ import annotations

import json

import pytest

from patto_hub.ledger import acknowledgements, findings, parked, pushed, quarantine, snags
from patto_hub.web.site import BASE

JOB = "ambito-fg1/pacts"
PATH = f"{BASE}/refusals"
CANARY = "RSSMRA85T10A562S"
DAY_MS = 86_400_000


@pytest.fixture
async def client(client_at, site):
    return await client_at(site)


@pytest.fixture
def read(client, bearer):
    """Read a page; gives its JSON."""
    ours = bearer()

    async def got(cursor=None, *, headers=None, **params):
        asked = params if cursor is None else {"cursor": cursor, **params}
        answer = await client.get(PATH, params=asked, headers=ours if headers is None else headers)
        assert answer.status == 200, await answer.text()
        return await answer.json()

    return got


@pytest.fixture
def ask(client, bearer):
    """Ask as the partner does; gives the answer."""
    ours = bearer()

    async def asked(params=None, **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get(PATH, params=params, headers=ours | named)

    return asked


def issues(code="field.choice", where="/status", **values):
    return json.dumps([{"code": code, "where": where, "severity": "error", "values": values}])


@pytest.fixture
def add(ledger):
    def added(digest=1, *, key="P-1", position="riga 2", now=1_000, inbox=None, job=JOB, found=None):
        row = f'{{"person_id": "{CANARY}"}}'.encode()
        text = issues() if found is None else found
        entry = (job, 1, 1, inbox, position, "pact", key, row, digest, text, "field.choice", "partner", now, now)
        ledger.write_now(quarantine.add, [entry])

    return added


@pytest.fixture
def settle(ledger):
    return lambda key="P-1", now=2_000: ledger.write_now(quarantine.settle, JOB, [("pact", key)], [], [], now)


def states(page):
    return [(each["id"], each["state"]) for each in page["items"]]


async def test_a_row_in_quarantine_is_told_with_what_is_wrong_and_who_can_mend_it(read, add):
    add()

    [item] = (await read())["items"]

    assert (item["about"], item["state"], item["stream"], item["position"]) == ("row", "open", "pacts", "riga 2")
    [wrong] = item["errors"]
    assert (wrong["pointer"], wrong["code"], item["who_can_fix"]) == ("/status", "field.choice", "partner")
    assert wrong["detail"] != wrong["detail_en"]
    assert wrong["what_to_do"]
    assert CANARY not in json.dumps(item)


async def test_a_reader_that_polls_learns_that_it_is_settled(read, add, settle):
    add()
    first = await read()
    nothing = await read(first["next_cursor"])

    settle()
    then = await read(nothing["next_cursor"])

    assert (states(first), nothing["items"], states(then)) == (
        [("refusal-1", "open")],
        [],
        [("refusal-1", "fixed")],
    )
    assert not then["has_more"]


async def test_each_refusal_stands_once_for_who_reads_from_the_start(read, add, settle):
    add(1, key="P-1")
    add(2, key="P-2")
    settle("P-1")

    assert states(await read()) == [("refusal-2", "open"), ("refusal-1", "fixed")]


async def test_the_same_bad_row_again_is_no_news_and_one_that_opens_again_is(read, add, settle):
    add()
    cursor = (await read())["next_cursor"]

    add(now=1_500)
    assert (await read(cursor))["items"] == []

    settle()
    add(now=3_000)
    assert states(await read(cursor)) == [("refusal-1", "open")]


async def test_another_reason_or_place_of_the_same_row_is_news(read, add):
    add()
    cursor = (await read())["next_cursor"]

    add(found=issues("field.date", "/started_on"), position="riga 9")
    [item] = (await read(cursor))["items"]

    assert (item["errors"][0]["code"], item["position"]) == ("field.date", "riga 9")


@pytest.mark.parametrize("state", ["waived", "returned"])
async def test_what_a_person_decides_is_told_too(read, add, ledger, state):
    add()

    ledger.write_now(quarantine.close, 1, state=state, by="staff:anna", reason="con l'Ambito", now=2_000)
    [item] = (await read())["items"]

    assert (item["state"], "anna" in json.dumps(item)) == (state, False)


async def test_a_row_that_is_no_longer_sent_is_withdrawn(read, add, ledger):
    add()

    ledger.write_now(quarantine.withdraw_unseen, JOB, 2, 2_000)

    assert states(await read()) == [("refusal-1", "withdrawn")]


async def test_pages_follow_one_another_without_gap(read, add):
    for number in range(5):
        add(number, key=f"P-{number}")

    first = await read(limit=2)
    second = await read(first["next_cursor"], limit=2)
    third = await read(second["next_cursor"], limit=2)

    assert [page["has_more"] for page in (first, second, third)] == [True, True, False]
    assert [each for page in (first, second, third) for each, _ in states(page)] == [
        f"refusal-{number}" for number in range(1, 6)
    ]
    assert first["_links"]["next"]["href"].startswith(f"{PATH}?cursor=")


async def test_what_was_handed_in_names_its_receipt(read, add, ledger):
    receipt = "5" * 32
    ledger.write_now(
        pushed.take,
        job=JOB,
        receipt=receipt,
        idempotency_key=None,
        content=b"x",
        media_type="text/csv",
        now=1,
    )
    ledger.write_now(
        lambda each: each.exec_driver_sql(
            "INSERT INTO inbox (id, digest, job, run_id, name, media_type, size, received_at)"
            " VALUES (1, x'00', ?, 1, ?, 'text/csv', 1, 1)",
            (JOB, receipt),
        )
    )

    add(inbox=1)

    assert (await read())["items"][0]["receipt"] == receipt


def park(connection, key, patience=500):
    record = (JOB, 1, 1, "measure", key, 1, "pact", "local:ambito-fg1", CANARY, 100, patience, None, "riga 3", "[]")
    parked.add(connection, [record])


async def test_what_waits_is_told_once_its_patience_is_over_and_when_it_goes_on(read, ledger):
    ledger.write_now(park, "M-1")
    assert (await read())["items"] == []

    ledger.write_now(parked.impatient, 1_000)
    first = await read()
    ledger.write_now(parked.release, [1], 2_000)
    then = await read(first["next_cursor"])

    [item] = first["items"]
    assert (item["about"], item["state"], item["errors"][0]["code"]) == ("waiting", "open", "need.unknown")
    assert CANARY not in json.dumps(item)
    assert states(then) == [("refusal-1", "fixed")]


async def test_a_number_that_is_given_again_to_another_record_that_waits_is_another_refusal(read, ledger):
    for key, at in (("M-1", 1_000), ("M-2", 3_000)):
        ledger.write_now(park, key)
        ledger.write_now(parked.impatient, at)
        ledger.write_now(parked.release, [1], at + 1)

    assert states(await read()) == [("refusal-1", "fixed"), ("refusal-2", "fixed")]


async def test_a_finding_is_told_to_those_whose_words_do_not_agree_and_can_be_mended_by_them(read, ledger, bearer):
    sources = ("ambito-fg1", "cpi-foggia")
    found = {("R6", "pact:ab"): (sources, "partner"), ("R7", "pact:cd"): (sources, "region")}
    ledger.write_now(findings.settle, 7, ["R6", "R7"], found, 1_000)
    ours, theirs = await read(), await read(headers=bearer("cpi-foggia"))

    ledger.write_now(findings.settle, 7, ["R6", "R7"], {}, 2_000)

    assert [(each["about"], each["errors"][0]["code"]) for each in ours["items"]] == [("finding", "R6")]
    assert len(theirs["items"]) == 1
    assert [state for _, state in states(await read())] == ["fixed"]


@pytest.fixture
def refuse(ledger):
    def told(*refused, taken=(), cursor=1):
        said = acknowledgements.Said(
            partner="cpi-foggia",
            feed="pacts",
            position=cursor,
            applied=True,
            refused=[acknowledgements.Refused(*each) for each in refused],
            taken=taken,
            digest=bytes([cursor]) * 32,
        )
        counted = ledger.read_now(acknowledgements.covered, said, [2], ["pact"])
        ledger.write_now(acknowledgements.note, said, counted, 1_000)

    return told


async def test_what_a_reader_could_not_take_is_told_to_whoever_says_it_without_the_readers_words(
    read, ledger, refuse, say, bearer
):
    say("pact", {"pact_id": "P-1"}, to=[2])
    head = ledger.read_now(lambda each: each.exec_driver_sql("SELECT max(id) FROM head").scalar_one())

    refuse((head, 1, "codice_ignoto", f"Il signor {CANARY}"))
    [item] = (await read())["items"]

    assert (item["about"], item["state"], item["position"]) == ("item", "open", f"pact-{head}")
    assert "codice_ignoto" in item["errors"][0]["detail"]
    assert CANARY not in json.dumps(item)
    assert (await read(headers=bearer("cpi-foggia")))["items"] == []

    refuse(taken=[(head, 1)], cursor=2)
    assert [state for _, state in states(await read())] == ["fixed"]


async def test_a_partner_reads_its_own_only(read, add, bearer):
    add()

    assert (await read(headers=bearer("cpi-foggia")))["items"] == []


async def test_a_cursor_of_another_partner_or_feed_is_none(client, read, add, bearer):
    add()
    cursor = (await read())["next_cursor"]

    answer = await client.get(PATH, params={"cursor": cursor}, headers=bearer("cpi-foggia"))

    assert (answer.status, (await answer.json())["code"]) == (400, "cursor-forged")


async def test_a_cursor_of_a_ledger_that_was_lost_starts_again(client, read, add, bearer, ledger):
    add()
    cursor = (await read())["next_cursor"]
    ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM snag"))

    answer = await client.get(PATH, params={"cursor": cursor}, headers=bearer())
    told = await answer.json()

    assert (answer.status, told["_links"]["snapshot"]["href"]) == (410, PATH)


async def test_lines_say_the_same_as_one_object(client, read, add, bearer):
    add()
    page = await read()

    answer = await client.get(PATH, headers=bearer() | {"Accept": "application/x-ndjson"})
    *items, end = [json.loads(line) for line in (await answer.text()).splitlines()]

    assert (answer.content_type, items, end["next_cursor"]) == (
        "application/x-ndjson",
        page["items"],
        page["next_cursor"],
    )


async def test_a_format_that_is_not_there_is_refused_by_name(client, bearer):
    answer = await client.get(PATH, headers=bearer() | {"Accept": "text/csv"})

    assert (answer.status, "ndjson" in (await answer.json())["detail"]) == (406, True)


async def test_without_a_key_nobody_reads(client):
    assert (await client.get(PATH)).status == 401


async def test_a_reader_that_has_the_page_already_is_told_so_and_of_news_it_is_not(ask, add):
    add()
    first = await ask()
    tag = first.headers["ETag"]

    same = await ask(If_None_Match=tag)
    lines = await ask(If_None_Match=tag, Accept="application/x-ndjson")
    add(2, key="P-2")
    news = await ask(If_None_Match=tag)

    assert (same.status, await same.read(), same.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert (lines.status, news.status, len((await news.json())["items"])) == (200, 200, 2)


async def test_a_page_is_packed_as_every_other(ask, add):
    for number in range(5):
        add(number, key=f"P-{number}")

    packed, plain = await ask(Accept_Encoding="gzip"), await ask(Accept_Encoding="identity")

    assert (packed.headers.get("Content-Encoding"), plain.headers.get("Content-Encoding")) == ("gzip", None)
    assert await packed.json() == await plain.json()


async def test_a_reader_that_may_have_missed_what_is_no_longer_kept_starts_again(read, add, settle, ledger, ask):
    add(1, key="P-1")
    add(2, key="P-2")
    behind = (await read(limit=1))["next_cursor"]
    settle("P-1", now=2_000)
    abreast = (await read())["next_cursor"]
    add(3, key="P-3", now=5_000)

    ledger.write_now(snags.drop, 4_000, 100)

    assert states(await read(abreast)) == [("refusal-3", "open")]
    assert states(await read()) == [("refusal-2", "open"), ("refusal-3", "open")]
    stale = await ask(params={"cursor": behind})
    problem = await stale.json()
    assert (stale.status, problem["_links"]["snapshot"]["href"]) == (410, PATH)
