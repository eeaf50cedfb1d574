from __future__ import annotations

import asyncio
import json
import random

import pytest
from structlog.testing import capture_logs

from patto_hub.ledger import acknowledgements, audit, keys
from patto_hub.web.app import make_app
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
FEED = f"{BASE}/feeds/pacts"
WORDS = f"{FEED}/acknowledgements"
CANARY = "Carmelina Canarino"


@pytest.fixture
def pacts(ledger, say):
    def correct(connection, head, version):
        connection.exec_driver_sql("UPDATE head SET version = ? WHERE id = ?", (version, head))

    class Pacts:
        def new(self, count):
            for _ in range(count):
                say("pact", PACT, to=[2])

        def correct(self, head, version):
            say("pact", PACT, to=[2], head=head, version=version)
            ledger.write_now(correct, head, version)

    return Pacts()


@pytest.fixture
def place(client):
    async def at(items=1000):
        return (await (await client.get(f"{FEED}/changes", params={"limit": items})).json())["next_cursor"]

    return at


async def say_so(client, cursor, status=201, key=None, **more):
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = await client.post(WORDS, json={"cursor": cursor, **more}, headers=headers)
    told = await answer.json()
    assert answer.status == status, told
    return told


async def test_a_word_says_how_many_changes_it_covers_and_moves_the_standing(client, pacts, place):
    pacts.new(5)

    first = await say_so(client, await place(3))
    second = await say_so(client, await place(), applied=True)

    assert (first["accepted"], second["accepted"]) == (3, 2)
    assert first["standing"]["applied_at"] is None
    assert second["standing"]["applied_cursor"] == second["standing"]["accepted_cursor"] == await place()


async def test_the_standing_never_moves_back(client, pacts, place, ledger):
    pacts.new(4)
    cursors = [await place(n) for n in (1, 2, 3, 4)]
    random.Random(3).shuffle(cursors)

    for cursor in cursors:
        told = await say_so(client, cursor, applied=True)

    assert told["standing"]["applied_cursor"] == await place(4)
    kept = ledger.read_now(acknowledgements.history, "cpi-foggia", "pacts")
    assert sum(each.accepted for each in kept) == 4


def acts(ledger):
    """What the audit says besides who was shown what."""
    return [each for each in ledger.read_now(audit.newest) if each.action != "feed.read"]


@pytest.mark.parametrize("key", [None, "7c9e6679-7425-40de-944b-e07fc1f90ae7"])
async def test_F82_the_same_word_again_is_the_same_receipt(client, pacts, place, ledger, key):
    pacts.new(2)
    word = {"applied": True, "refused": [{"id": "pact-1", "version": 1, "code": "x"}]}

    first = await say_so(client, await place(), key=key, **word)
    again = await say_so(client, await place(), key=key, status=200, **word)

    assert again == {**first, "repeated": True}
    assert len(ledger.read_now(acknowledgements.history, "cpi-foggia", "pacts")) == 1
    assert len(acts(ledger)) == 1


async def test_F82_the_same_key_for_another_word_is_refused(client, pacts, place):
    pacts.new(2)
    await say_so(client, await place(), key="k")

    told = await say_so(client, await place(), key="k", applied=True, status=422)

    assert told["code"] == "idempotency-key-reused"


async def test_words_at_the_same_time_count_each_change_once(client, pacts, place, ledger):
    pacts.new(6)
    cursors = [await place(n) for n in (2, 4, 6)]

    await asyncio.gather(*(say_so(client, cursor) for cursor in cursors))

    kept = ledger.read_now(acknowledgements.history, "cpi-foggia", "pacts")
    assert sum(each.accepted for each in kept) == 6


async def test_a_refusal_is_seen_by_the_source_until_it_is_corrected_or_taken(client, pacts, place, ledger):
    pacts.new(3)
    refused = [{"id": f"pact-{n}", "version": 1, "code": "misura", "reason": CANARY} for n in (1, 2, 3)]

    def seen():
        found = ledger.read_now(acknowledgements.open_refusals, source="ambito-fg1")
        return sorted((each.reader, each.kind, each.head_id, each.version, each.reason) for each in found)

    told = await say_so(client, await place(), refused=refused)
    assert (told["accepted"], told["refused"], told["standing"]["open_refusals"]) == (0, 3, 3)
    assert seen() == [("cpi-foggia", "pact", n, 1, CANARY) for n in (1, 2, 3)]

    pacts.correct(1, 2)
    told = await say_so(client, await place(), taken=[{"id": "pact-2", "version": 1}])
    assert told["standing"]["open_refusals"] == 1
    assert seen() == [("cpi-foggia", "pact", 3, 1, CANARY)]
    assert ledger.read_now(acknowledgements.open_refusals, source="ente") == []

    told = await say_so(client, await place(), refused=refused[1:2])
    assert told["standing"]["open_refusals"] == 2


async def test_the_history_comes_in_pages_with_what_is_still_refused(client, pacts, place):
    pacts.new(5)
    for n in range(1, 6):
        refused = [{"id": "pact-1", "version": 1, "code": "c", "reason": "perché"}] if n == 1 else []
        await say_so(client, await place(n), refused=refused)

    numbers, link = [], f"{WORDS}?limit=2"
    while link:
        page = await (await client.get(link)).json()
        numbers += [each["number"] for each in page["items"]]
        link = page["_links"]["next"]["href"] if page["has_more"] else None

    assert numbers == [5, 4, 3, 2, 1]
    assert [(each["id"], each["source"], each["reason"]) for each in page["refusals"]] == [
        ("pact-1", "ambito-fg1", "perché")
    ]
    assert page["standing"]["read_at"] is not None


@pytest.mark.parametrize(
    "item",
    [
        {"id": "pact-1", "version": 2, "code": "c"},
        {"id": "pact-99", "version": 1, "code": "c"},
        {"id": "pact-2", "version": 1, "code": "c"},
        {"id": "measure-1", "version": 1, "code": "c"},
    ],
    ids=["version to come", "no such record", "of others", "of another kind"],
)
async def test_what_was_never_given_cannot_be_refused(client, pacts, place, say, item):
    pacts.new(1)
    say("pact", PACT, to=[1])

    told = await say_so(client, await place(), refused=[item], status=422)

    assert [each["pointer"] for each in told["errors"]] == ["/refused/0/id"]


@pytest.mark.parametrize(
    "more",
    [
        {"refused": [{"id": "pact-1", "version": 0, "code": "c"}]},
        {"refused": [{"id": "pact-1", "version": 1, "code": "Con Spazi"}]},
        {"refused": [{"id": "pact-1", "version": 1, "code": "c", "reason": "x" * 201}]},
        {"refused": [{"id": "pact-1", "version": 1, "code": "c"}] * 501},
        {"applied": "forse"},
        {"nota": "x"},
    ],
    ids=["version", "code", "reason", "too many", "applied", "unknown field"],
)
async def test_a_word_of_another_shape_is_refused_field_by_field(client, pacts, place, more):
    pacts.new(1)

    assert (await say_so(client, await place(), status=422, **more))["errors"]


async def test_F80_a_word_needs_a_cursor_of_the_changes(client, pacts, place):
    pacts.new(3)
    inside = (await (await client.get(f"{FEED}/snapshot?limit=1")).json())["next_cursor"]

    assert (await say_so(client, inside, status=400))["code"] == "cursor-misplaced"
    assert (await say_so(client, (await place())[:-1] + "!", status=400))["code"] == "cursor-forged"


async def test_what_was_withdrawn_meanwhile_does_not_make_a_word_impossible(client, pacts, place, say, ledger):
    pacts.new(2)
    say("pact", PACT, to=[2], op="withdraw", head=1, version=2)

    refused = [{"id": "pact-1", "version": 1, "code": "x"}, {"id": "pact-2", "version": 1, "code": "x"}]
    told = await say_so(client, await place(), refused=refused)

    assert told["standing"]["open_refusals"] == 1
    assert [each.head_id for each in ledger.read_now(acknowledgements.open_refusals)] == [2]


async def test_a_key_that_names_somebody_is_kept_as_a_digest(client, pacts, place, ledger):
    pacts.new(1)

    await say_so(client, await place(), key="ack-CNRCML80A41E506J")

    kept = ledger.read_now(lambda each: each.exec_driver_sql("SELECT idempotency_key FROM acknowledgement").all())
    assert kept != [(None,)]
    assert "CNRCML" not in str(kept)


async def test_a_reason_is_in_no_log_and_not_in_the_audit(client, pacts, place, ledger):
    pacts.new(1)

    with capture_logs() as logs:
        await say_so(client, await place(), refused=[{"id": "pact-1", "version": 1, "code": "c", "reason": CANARY}])
    kept = acts(ledger)

    assert [(each.actor, each.action, each.subject) for each in kept] == [
        ("partner:cpi-foggia", "feed.acknowledge", "pacts")
    ]
    assert json.loads(kept[0].detail)["refused"] == [[1, 1]]
    assert CANARY not in json.dumps(logs) + repr(kept)


async def test_a_key_of_others_and_no_key_say_nothing(aiohttp_client, site, ledger, world):
    other = ledger.write_now(keys.add, world, partner="ente", scopes=["enrolments"])[1]
    client = await aiohttp_client(make_app(site))

    assert (await client.post(WORDS, json={})).status == 401
    assert (await client.get(WORDS, headers={"Authorization": f"Bearer {other}"})).status == 403
