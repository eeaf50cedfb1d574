"""Days that are closed: each change that was given is in one tree of its reader, for ever, and nobody can guess it."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from structlog.testing import capture_logs

from patto_connectors.testing.simulation import SimulatedWorld
from patto_hub.client import patto_proof
from patto_hub.clock.calendar import italy
from patto_hub.feeds import closing, merkle, pages, proofs, views
from patto_hub.feeds.closing import Books, close_days, close_yesterday
from patto_hub.feeds.pseudonyms import pseudonyms_of
from patto_hub.feeds.spec import by_name
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.ledger import audiences, leaves, roots
from patto_hub.ledger.roots import Overtaken
from patto_hub.testing.subscribed import wholes

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
FIRST = datetime(2026, 3, 2, 9, tzinfo=UTC)
PARTNERS = ("ambito-fg1", "cpi-foggia")
FEEDS = by_name(views.FEEDS)


class Hub:
    """A hub whose days pass when the test says so."""

    def __init__(self, ledger, world, say):
        self.ledger, self.world, self._say, self.days = ledger, world, say, 0
        self.subscriptions = wholes(PARTNERS, [FEEDS["pacts"], FEEDS["catalogue"]])

    def now(self):
        return FIRST + timedelta(days=self.days)

    def books(self):
        world = replace(self.world, now=self.now)
        return Books(self.ledger, world, italy(), self.subscriptions)

    def say(self, kind="pact", payload=PACT, *, to=(2,), **more):
        seq = self._say(kind, payload, to=list(to), **more)
        at = int(self.now().timestamp() * 1000)
        self.do("UPDATE change SET at = ? WHERE seq = ?", at, seq)
        return seq

    def do(self, statement, *values):
        def done(connection):
            cursor = connection.exec_driver_sql(statement, values)
            return cursor.all() if cursor.returns_rows else None

        return self.ledger.write_now(done)

    async def close(self):
        """Let the day end, and close it."""
        self.days += 1
        return await close_yesterday(self.books())

    def prove(self, record, *, partner="cpi-foggia", feed="pacts", organisation=2, version=None, day=None):
        subscription = self.subscriptions[partner, feed]
        told = pages.organisations(subscription.feed, pages.Reader(partner=partner, organisation=organisation))
        return self.ledger.read_now(proofs.prove, subscription, told, record, version, day)

    def items(self, *, partner="cpi-foggia", feed="pacts", organisation=2):
        """What the partner reads in the feed, from its beginning."""
        return json.loads(
            self.ledger.read_now(
                pages.page,
                subscription=self.subscriptions[partner, feed],
                reader=pages.Reader(partner=partner, organisation=organisation),
                key=b"k" * 32,
                after=0,
                limit=1000,
                now=int(self.now().timestamp() * 1000),
            ).as_json("")
        )["items"]

    def proved(self, item, **more):
        """Whether an item can be proved, and the proof verifies."""
        proof = self.prove(item["id"], version=item["version"], **more)
        if proof is not None:
            patto_proof.verify({**proof, "item": item}, self.published())
        return proof is not None

    def published(self):
        found = self.ledger.read_now(roots.listed_roots, before=None, limit=366)
        return [proofs.shown(each) for each in reversed(found)]


@pytest.fixture
def hub(ledger, world, say):
    return Hub(ledger, world, say)


async def test_every_item_of_a_closed_day_is_proved_and_none_of_an_open_one(hub):
    for number in range(1, 8):
        hub.say(payload={**PACT, "pact_id": f"P{number}"})
    made = await hub.close()
    hub.say()

    assert (made.number, made.day, made.before) == (1, "2026-03-02", None)
    assert [hub.proved(each) for each in hub.items()] == [True] * 7 + [False]


async def test_a_tree_is_over_exactly_what_the_reader_was_given_in_its_order(hub, monkeypatch):
    monkeypatch.setattr(closing, "PIECE", 4)
    for number in range(1, 12):
        hub.say(to=[2] if number % 3 else [1])
    await hub.close()

    found = [hub.prove(each["id"]) for each in hub.items()]
    hashes = [bytes.fromhex(each["leaf"]["hash"]) for each in found]
    assert [each["leaf"]["index"] for each in found] == list(range(8))
    assert {each["tree"]["items"] for each in found} == {8}
    assert {each["tree"]["root"] for each in found} == {merkle.root(hashes).hex()}


async def test_days_follow_each_other_and_a_closed_one_never_changes(hub):
    hub.say()
    first = await hub.close()
    again = await close_yesterday(hub.books())
    hub.say()
    second = await hub.close()

    assert again is None
    assert (second.number, second.before) == (2, first.hash)
    patto_proof.follow(hub.published())
    assert hub.ledger.read_now(roots.of_day, first.day) == first
    assert hub.prove("pact-1")["root"]["day"] == "2026-03-02"
    assert (hub.prove("pact-2")["root"]["day"], hub.prove("pact-2")["tree"]["items"]) == ("2026-03-03", 1)


async def test_the_day_ends_at_midnight_in_italy(hub):
    hub.say()
    for seq, at in [(1, datetime(2026, 3, 2, 22, 59, 59, tzinfo=UTC)), (2, datetime(2026, 3, 2, 23, tzinfo=UTC))]:
        if seq == 2:
            hub.say()
        hub.do("UPDATE change SET at = ? WHERE seq = ?", int(at.timestamp() * 1000), seq)
    await hub.close()

    assert [hub.proved(each) for each in hub.items()] == [True, False]


async def test_days_on_which_the_hub_did_not_run_are_in_the_next_one(hub):
    hub.say()
    await hub.close()
    hub.say()
    hub.days += 40
    made = await hub.close()

    assert (made.number, made.day) == (2, "2026-04-12")
    assert all(hub.proved(each) for each in hub.items())


async def test_F53_a_clock_that_was_ahead_for_a_while_loses_no_item_and_breaks_no_chain(hub):
    hub.say()
    hub.days += 60
    ahead = await close_yesterday(hub.books())
    hub.days -= 60
    hub.say()
    back = await hub.close()

    assert (ahead.day, ahead.number) == ("2026-04-30", 1)
    assert (back.day, back.number, back.before) == ("2026-03-02", 2, ahead.hash)
    assert all(hub.proved(each) for each in hub.items())


async def test_who_subscribes_later_can_prove_everything_too(hub):
    hub.say()
    del hub.subscriptions["cpi-foggia", "pacts"]
    await hub.close()
    hub.subscriptions = wholes(PARTNERS, [FEEDS["pacts"]])
    hub.say()
    await hub.close()

    assert all(hub.proved(each) for each in hub.items())
    assert hub.prove("pact-1")["tree"]["items"] == 2


async def test_with_another_view_the_same_change_is_proved_as_it_leaves_now_and_as_it_left(hub):
    hub.say()
    await hub.close()
    (before,) = hub.items()
    feed = FEEDS["pacts"]
    newer = [replace(view, version=view.version + 1) if view.kind == "pact" else view for view in feed.views]
    hub.subscriptions["cpi-foggia", "pacts"] = subscribe("cpi-foggia", replace(feed, views=tuple(newer)))
    await hub.close()
    (after,) = hub.items()

    assert before["view"] != after["view"]
    assert hub.proved(after)
    assert hub.proved(before, day="2026-03-02")
    with pytest.raises(patto_proof.Trouble, match="non è quella consegnata"):
        hub.proved(before)


async def test_a_change_of_names_proves_nothing_under_the_names_before(hub):
    hub.say()
    await hub.close()
    (named,) = hub.items()
    names = pseudonyms_of(b"s" * 32, "cpi-foggia", 1)
    hub.subscriptions["cpi-foggia", "pacts"] = subscribe("cpi-foggia", FEEDS["pacts"], pseudonyms=names)
    (hidden,) = hub.items()

    assert hub.prove(named["id"]) is None
    assert hub.prove(hidden["id"]) is None, "the leaf of the name before would tell whose pseudonym it is"
    await hub.close()
    assert hub.proved(hidden)
    assert hub.prove(hidden["id"], day="2026-03-02") is None


async def test_what_a_reader_may_no_longer_know_it_gets_no_proof_of(hub):
    hub.say()
    await hub.close()
    gone = hub.say(payload=None, op="withdraw", head=1)
    hub.ledger.write_now(audiences.forget, 2, [1], gone)

    assert hub.prove("pact-1") is None
    await hub.close()
    proof = hub.prove("pact-1")
    assert (proof["change"]["change"], proof["root"]["day"]) == ("withdraw", "2026-03-03")
    assert [hub.proved(each) for each in hub.items()] == [True]


async def test_a_proof_is_the_readers_own(hub):
    hub.say(to=[1, 2])
    hub.say(to=[1])
    await hub.close()

    one, other = hub.prove("pact-1"), hub.prove("pact-1", partner="ambito-fg1", organisation=1)
    assert one["leaf"]["hash"] != other["leaf"]["hash"], "two readers of one record cannot be told by it"
    assert hub.prove("pact-2") is None
    assert "ambito-fg1" not in json.dumps(one)
    assert other["leaf"]["nonce"] not in json.dumps(one)


async def test_an_erased_record_is_proved_no_more_and_all_others_are(hub, ledger):
    for _ in range(5):
        hub.say()
    await hub.close()
    items, before = hub.items(), hub.published()
    (held,) = [{**hub.prove("pact-3"), "item": each} for each in items if each["id"] == "pact-3"]
    packed = hub.do("SELECT hashes FROM leaves_of_tree")

    assert ledger.write_now(leaves.forget, [3]) == 1

    assert [hub.proved(each) for each in items] == [True, True, False, True, True]
    assert hub.do("SELECT hashes FROM leaves_of_tree") == packed
    assert hub.published() == before
    assert patto_proof.verify(held, before), "who holds the item and its proof goes on proving it"
    (nonces,) = [each for (each,) in hub.do("SELECT nonces FROM leaves_of_tree")]
    assert bytes.fromhex(held["leaf"]["nonce"]) not in nonces


async def test_of_what_is_erased_while_its_tree_is_made_no_nonce_is_kept(hub, monkeypatch):
    def late(connection, *given):
        connection.exec_driver_sql("UPDATE record_version SET payload = NULL WHERE head_id = 1")
        return add(connection, *given)

    add = leaves.add
    monkeypatch.setattr(leaves, "add", late)
    hub.say()
    hub.say()
    await hub.close()

    assert hub.prove("pact-1") is None
    assert hub.prove("pact-2") is not None


async def test_who_knows_a_neighbour_by_heart_cannot_see_it_in_a_proof(hub):
    hub.say()
    hub.say()
    await hub.close()
    _, neighbour = hub.items()
    proof = hub.prove("pact-1")
    nonces = [b"", bytes(16), *(bytes.fromhex(proof[part]["nonce"]) for part in ("leaf", "tree"))]
    guesses = [patto_proof.leaf_of(neighbour, patto_proof.content_of(neighbour, each)).hex() for each in nonces]

    assert proof["leaf"]["path"] == [hub.prove("pact-2")["leaf"]["hash"]]
    assert not set(proof["leaf"]["path"]) & set(guesses)


async def test_a_feed_that_cannot_be_read_holds_up_no_day(hub):
    hub.say(payload={"not": "a pact"})
    hub.say("organisation", None, to=[0])
    with capture_logs() as said:
        made = await hub.close()

    assert made.trees == 3
    assert [(each["event"], each["partner"]) for each in said] == [("tree.not_made", "cpi-foggia")]
    hub.do("UPDATE record_version SET payload = ? WHERE head_id = 1", json.dumps(PACT))
    await hub.close()
    assert hub.proved(hub.items()[0]), "it is in the next one"


async def test_what_was_begun_and_left_is_begun_anew(hub, monkeypatch):
    hub.say()

    async def killed(*_):
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(closing, "_close", killed)
        with pytest.raises(asyncio.CancelledError):
            await hub.close()
    assert hub.prove("pact-1") is None
    assert (await close_yesterday(hub.books())).number == 1

    assert hub.proved(hub.items()[0])
    assert hub.do("SELECT count(*) FROM leaves_of_tree") == [(1,)]


async def test_of_two_that_close_a_day_one_does(hub):
    hub.say()
    hub.days += 1
    ended = await asyncio.gather(*(close_yesterday(hub.books()) for _ in range(3)), return_exceptions=True)

    made = [each for each in ended if isinstance(each, roots.Root)]
    assert (len(made), all(each is None or isinstance(each, (roots.Root, Overtaken)) for each in ended)) == (1, True)
    assert hub.proved(hub.items()[0])
    assert hub.do("SELECT count(*) FROM tree_of_day") == [(4,)]


def test_days_are_closed_without_being_asked_for(ledger, say):
    say("pact", PACT, to=[2])
    with SimulatedWorld(seed=1, start=FIRST) as world, capture_logs() as said:

        async def three_days():
            books = Books(ledger, world.ports(), italy(), wholes(PARTNERS, [FEEDS["pacts"]]))
            task = asyncio.ensure_future(close_days(books))
            await asyncio.sleep(3 * 86_400)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        world.run(three_days())

    days = [each["day"] for each in said if each["event"] == "day.closed"]
    assert days == [f"2026-03-0{day}" for day in (1, 2, 3, 4)]


async def test_F84_memory_holds_one_piece_of_a_tree(hub, monkeypatch):
    async def peak():
        tracemalloc.start()
        await hub.close()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    monkeypatch.setattr(closing, "PIECE", 16)
    for _ in range(32):
        hub.say(payload={**PACT, "pact_number": "x" * 4_000})
    few = await peak()
    for _ in range(320):
        hub.say(payload={**PACT, "pact_number": "x" * 4_000})
    many = await peak()

    assert many < few * 2
    assert hub.prove("pact-340")["tree"]["items"] == 320


async def test_a_root_says_nothing_of_anybody(hub):
    hub.say()
    made = await hub.close()
    told = json.dumps(hub.published())

    assert not any(name in told for name in (*PARTNERS, "pacts", "pact-1"))
    assert sha256(patto_proof.signed(proofs.statement(made))).digest() == made.hash
