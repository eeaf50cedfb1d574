"""An erasure: nothing of the person is left in any file of the ledger, everybody is told, and nothing comes back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from patto_hub import failpoints
from patto_hub.client import patto_proof
from patto_hub.clock.calendar import italy
from patto_hub.feeds import pages, proofs
from patto_hub.feeds.closing import Books, close_yesterday
from patto_hub.feeds.subscriptions import Subscription
from patto_hub.feeds.views import PACTS
from patto_hub.ledger import audit, dossiers, erasure, invariants, secrets
from patto_hub.road.erase import erase

CODE, OTHER = "CNRCML80A41E506J", "PSSBLD75T10B180W"
PERSON = {
    "person_id": "77",
    "given_name": "Carmelina",
    "family_name": "Canarino",
    "sex": "F",
    "birth_date": "1980-01-01",
    "identifiers": [{"scheme": "cf", "value": CODE}],
}
NEIGHBOUR = {**PERSON, "person_id": "78", "given_name": "Ubaldo", "identifiers": [{"scheme": "cf", "value": OTHER}]}
CPI = ("cpi_11", "D643C000123")
CANARIES = (CODE.encode(), b"Carmelina")


def consent():
    return {
        "organisation_scheme": CPI[0],
        "organisation_id": CPI[1],
        "from_domain": "social",
        "granted": True,
        "at": "2026-01-01T10:00:00Z",
    }


@pytest.fixture
def say(bench, wires):
    async def said(stream, *rows, name="fg1"):
        await bench.ledger.write(lambda each: each.exec_driver_sql("DELETE FROM cursor"))
        return await bench.take(list(rows), name=f"{name}/{stream}s", translate=wires[stream])

    return said


@pytest.fixture
async def world(bench, say, make_pact):
    """Two people, a pact each; an employment centre is told of both; a bad row of the first waits to be mended."""
    bench.partner("cpi", CPI)
    await say("person", PERSON, NEIGHBOUR)
    outcome = await say(
        "pact",
        make_pact(1, person_id=CODE, consents=[consent()]),
        make_pact(2, person_id=OTHER, consents=[consent()]),
        make_pact(3, person_id=CODE, status="wrong"),
    )
    assert (outcome.balance.new, outcome.balance.quarantined) == (2, 1)
    return bench


@pytest.fixture
def take_away(bench):
    def done(key="P-1"):
        found = bench.ledger.read_now(dossiers.pacts, key)
        secret = bench.ledger.write_now(secrets.get, erasure.SECRET, bench.world)
        return bench.ledger.erase_now(
            erase, pacts={each.head_id for each in found}, secret=secret, reason="DPO 7", actor="cli:x", now=5
        )

    return done


async def feed(bench):
    number = bench.ask("SELECT id FROM organisation WHERE scheme = ? AND value = ?", *CPI)[0][0]
    reader = pages.Reader(partner="cpi", organisation=number)
    page = await pages.read(
        bench.ledger,
        subscription=Subscription(partner="cpi", feed=PACTS),
        reader=reader,
        key=b"k" * 32,
        cursor=None,
        limit=1000,
        now=1,
    )
    return [(item["id"], item["change"]) for item in json.loads(page.as_json(""))["items"]]


def files(tmp_path):
    return b"".join(path.read_bytes() for path in sorted(tmp_path.glob("ledger.db*")))


async def test_nothing_of_the_person_is_left_in_the_ledgers_files(world, take_away, tmp_path):
    assert all(canary in files(tmp_path) for canary in CANARIES)

    done = take_away()

    assert [canary for canary in CANARIES if canary in files(tmp_path)] == []
    assert OTHER.encode() in files(tmp_path)
    assert (done.records, done.aside) == (2, 1)


async def test_freed_pages_go_on_being_overwritten_afterwards(world, take_away):
    take_away()

    assert world.ask("PRAGMA secure_delete") == [(1,)]


async def test_pages_that_held_only_a_bad_row_of_the_person_go_too(world, say, take_away):
    bad = await say("person", {**PERSON, "person_id": CODE, "sex": "?"}, name="le1")
    assert bad.balance.quarantined == 1

    take_away()

    assert world.ask("SELECT job FROM inbox WHERE content IS NOT NULL") == []
    assert world.ask("SELECT key FROM quarantine WHERE key IS NOT NULL") == []  # it may be a tax code


async def test_pages_of_a_stream_that_told_an_older_version_go_too(world, bench, wires, take_away):
    other = {**PERSON, "given_name": "Carmelina Rosa"}
    await bench.take([other], name="fg1/workbook", translate=wires["person"])
    assert [job for (job,) in world.ask("SELECT job FROM inbox WHERE content IS NOT NULL GROUP BY job")] == [
        "fg1/pacts",
        "fg1/persons",
        "fg1/workbook",
    ]

    take_away()

    assert world.ask("SELECT job FROM inbox WHERE content IS NOT NULL") == []


async def test_of_what_is_erased_no_nonce_is_left_in_any_file_and_every_other_proof_still_verifies(
    world, take_away, tmp_path
):
    subscription = Subscription(partner="cpi", feed=PACTS)
    (number,) = world.ask("SELECT id FROM organisation WHERE scheme = ? AND value = ?", *CPI)[0]

    def prove(record):
        return world.ledger.read_now(proofs.prove, subscription, [number], record, None, None)

    async def close(days):
        ahead = replace(world.world, now=lambda: world.world.now() + timedelta(days=days))
        return await close_yesterday(Books(world.ledger, ahead, italy(), {("cpi", "pacts"): subscription}))

    root = await close(1)
    before = {name: prove(name) for name, _ in await feed(world)}
    hashes = world.ask("SELECT hashes FROM leaves_of_tree")
    take_away()
    changes = dict(await feed(world))
    gone = {name for name in before if changes[name] != "upsert"}

    assert gone
    assert gone != before.keys()
    for name, proof in before.items():
        assert (prove(name) is None) == (name in gone)
        assert (bytes.fromhex(proof["leaf"]["nonce"]) in files(tmp_path)) == (name not in gone)
        assert patto_proof.climb(
            bytes.fromhex(proof["leaf"]["hash"]),
            proof["leaf"]["index"],
            proof["tree"]["items"],
            [bytes.fromhex(each) for each in proof["leaf"]["path"]],
        ) == bytes.fromhex(proof["tree"]["root"])
    assert world.ask("SELECT hashes FROM leaves_of_tree") == hashes
    assert await close(1) is None
    later = await close(2)
    assert later.before == root.hash
    told = {name: prove(name)["change"]["change"] for name in gone}
    assert told == {name: changes[name] for name in gone}, "that it had to go can be proved"


async def test_those_who_hold_it_are_told_to_erase_it_and_older_pages_no_longer_give_it(world, take_away):
    before = await feed(world)

    take_away()

    after = await feed(world)
    gone = {"pact-3", "person-1"} & {name for name, _ in before}
    assert gone
    assert {change for name, change in after if name in gone} == {"erase"}
    assert [each for each in after if each[0] not in gone] == [each for each in before if each[0] not in gone]


async def test_it_does_not_come_back_and_its_bytes_are_not_kept_again(world, say, take_away, make_pact, tmp_path):
    take_away()

    people = await say("person", PERSON, NEIGHBOUR)
    agreed = await say("pact", make_pact(1, person_id=CODE), make_pact(9, person_id=CODE))

    assert (people.balance.refused, people.balance.unchanged + people.balance.changed) == (1, 1)
    assert (agreed.balance.read, agreed.balance.refused) == (2, 2)
    assert [canary for canary in CANARIES if canary in files(tmp_path)] == []


async def test_a_partner_that_spells_the_code_otherwise_is_recognised(world, say, take_away):
    take_away()

    spelt = {**PERSON, "person_id": "99", "identifiers": [{"scheme": "cf", "value": CODE.lower()}]}

    assert (await say("person", spelt, name="le1")).balance.refused == 1


async def test_a_person_of_another_dossier_stays(world, say, take_away, make_pact):
    await say("pact", make_pact(5, person_id=CODE))

    done = take_away()

    assert done.records == 1
    assert (await say("person", PERSON)).balance.refused == 0


async def test_a_person_that_was_known_only_by_the_erased_pact_is_taken_back(world, say, take_away, make_pact):
    await say("pact", make_pact(5, person_id=CODE))  # which tells the employment centre nothing

    take_away()

    assert [change for name, change in await feed(world) if name == "person-1"] == ["withdraw"]
    assert [change for name, change in await feed(world) if name == "person-2"] == ["upsert"]


async def test_an_erasure_that_is_lifted_lets_the_partner_tell_it_again(world, say, take_away, make_pact):
    done = take_away()

    lifted = world.ledger.write_now(erasure.lift, done.number)
    again = await say("person", PERSON)

    assert lifted > 0
    assert again.balance.new == 1
    assert world.ledger.read_now(erasure.standing) == []


async def test_it_stands_in_the_audit_without_a_name_and_the_chain_holds(world, take_away):
    done = take_away()

    entry = world.ledger.read_now(audit.newest)[0]
    assert (entry.n, entry.action, entry.subject) == (done.number, "pact.erase", "head:3")
    assert not any(canary.decode() in str(entry.detail) for canary in CANARIES)
    assert world.ledger.read_now(audit.verify).holds


async def test_its_partner_is_told_truly_of_what_was_set_aside(world, take_away):
    assert world.ask("SELECT state FROM snag") == [("open",)]

    take_away()

    assert world.ask("SELECT state FROM snag") == [("waived",)]
    assert world.ledger.read_now(invariants.mistold) == []


async def test_what_is_erased_already_cannot_be_erased_again(world, take_away):
    take_away()

    with pytest.raises(LookupError):
        world.ledger.write_now(erase, pacts={3}, secret=b"k" * 32, reason="x", actor="cli:x", now=6)


async def test_a_kill_before_the_commit_leaves_all_of_it(world, take_away):
    before = await feed(world)

    with failpoints.armed("ledger.before_commit"), pytest.raises(failpoints.Planted):
        take_away()

    assert await feed(world) == before
    assert world.ledger.read_now(erasure.standing) == []
