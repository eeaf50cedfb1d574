"""The program for third parties: what it takes, what it refuses, and two histories that it finds out."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from patto_hub.client import patto_proof
from patto_hub.feeds import proofs
from patto_hub.feeds.closing import Books, close_yesterday
from patto_hub.ledger import roots
from patto_hub.ledger.store import open_ledger

FILE = Path(patto_proof.__file__)


@pytest.fixture
def close(hub):
    """Close a day of March."""

    async def done(day, site=hub.site):
        after = datetime(2026, 3, day, 23, 30, tzinfo=UTC)
        world = replace(site.world, now=lambda: after)
        return await close_yesterday(Books(site.ledger, world, site.place, site.subscriptions))

    return done


@pytest.fixture
async def run(partner):
    """Run the program as a process in the partner's folder; gives its exit code and its lines."""
    shutil.copy(FILE, partner.folder / FILE.name)

    async def ran(*arguments, plain=(), **environment):
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            *plain,
            FILE.name,
            *arguments,
            cwd=partner.folder,
            env=partner.environment | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        printed, _ = await process.communicate()
        return process.returncode, printed.decode()

    return ran


@pytest.fixture
async def taken(said, close, run, partner):
    """A proof that the partner has asked for, as a value."""
    for number in range(1, 8):
        said.say(number)
    await close(2)
    code, printed = await run("take", "pacts", "pact-3")
    assert code == 0, printed
    assert (await run("roots"))[0] == 0
    return json.loads((partner.folder / "proof.json").read_text("utf-8"))


async def test_what_a_partner_takes_a_third_party_verifies_offline_and_without_a_key(taken, run):
    code, printed = await run("verify", "proof.json", "--roots", "roots.ndjson", PATTO_URL="", PATTO_KEY="")

    assert code == 0
    for words in ("pact-3 versione 1 upsert", "cpi, flusso (feed) pacts", "2026-03-02", "vale (valid)", "n. 1, come"):
        assert words in printed
    assert taken["item"]["data"]["pact_number"] == "v1"


async def test_without_cryptography_it_says_that_the_signature_was_not_verified(taken, run):
    code, printed = await run("verify", "proof.json", "--roots", "roots.ndjson", plain=["-S"])

    assert (code, "non verificata" in printed) == (0, True)


async def test_without_kept_roots_nothing_is_proved(taken, run):
    code, printed = await run("verify", "proof.json")

    assert (code, "non confrontata" in printed) == (1, True)
    assert ("NON È PROVATO" in printed, "la prova vale" in printed) == (True, False)


async def test_a_proof_that_somebody_made_with_a_key_of_his_own_is_none(taken, run, partner):
    private = Ed25519PrivateKey.generate()
    content = patto_proof.content_of(taken["item"], bytes.fromhex(taken["leaf"]["nonce"]))
    leaf = {"nonce": taken["leaf"]["nonce"], "hash": patto_proof.leaf_of(taken["change"], content).hex()}
    leaf |= {"index": 0, "path": []}
    tree = {**taken["tree"], "items": 1, "root": leaf["hash"], "index": 0, "path": []}
    root = {**taken["root"], "trees": 1, "root": patto_proof.tree_leaf(tree).hex()}
    root["key"] = private.public_key().public_bytes_raw().hex()
    said = patto_proof.signed(root)
    root |= {"hash": hashlib.sha256(said).hexdigest(), "signature": private.sign(said).hex()}
    (partner.folder / "forged.json").write_text(json.dumps({**taken, "leaf": leaf, "tree": tree, "root": root}))

    alone = await run("verify", "forged.json")
    compared = await run("verify", "forged.json", "--roots", "roots.ndjson")

    assert (alone[0], "la prova vale" in alone[1]) == (1, False)
    assert (compared[0], "non è fra quelle tenute" in compared[1]) == (1, True)


async def test_a_proof_writes_no_lines_of_its_own_on_the_screen(taken, run, partner):
    words = "x\x1b[2K\nla prova vale (the proof holds)\u202e"
    (partner.folder / "screen.json").write_text(json.dumps({**taken, "format": words}))
    code, printed = await run("verify", "screen.json", "--roots", "roots.ndjson")

    assert (code, len(printed.splitlines())) == (1, 1)
    assert ("\x1b" in printed, "\u202e" in printed) == (False, False)


async def test_a_proof_in_which_a_name_stands_twice_is_refused(taken, run, partner):
    shown = json.dumps(taken).replace('"item": {', '"item": {"data": {"pact_number": "another"}, ', 1)
    assert json.loads(shown) == taken
    (partner.folder / "twice.json").write_text(shown)
    code, printed = await run("verify", "twice.json", "--roots", "roots.ndjson")

    assert (code, "due volte" in printed) == (1, True)


async def test_a_proof_without_the_content_shows_that_there_was_the_change_and_nothing_more(taken, run, partner):
    code, _ = await run("take", "pacts", "pact-3", "--without-content", "--out", "bare.json")
    bare = (partner.folder / "bare.json").read_text("utf-8")

    assert code == 0
    assert not any(word in bare for word in (taken["leaf"]["nonce"], '"item"', "changed_at", "FG/1", "v1"))
    checked = await run("verify", "bare.json", "--roots", "roots.ndjson")
    assert (checked[0], "senza il contenuto" in checked[1]) == (0, True)


def flipped(value):
    """Give values that differ from one in a little."""
    if isinstance(value, str):
        return [f"{value}0", *([value[:-1] + ("0" if value[-1] != "0" else "1")] if value else [])]
    if isinstance(value, bool) or value is None:
        return ["x"]
    return [value + 1, value - 1] if isinstance(value, int) else []


def places(value, path=()):
    """Yield the path of each simple value."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield from places(each, (*path, name))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield from places(each, (*path, at))
    else:
        yield path, value


def verdict(proof, kept=None):
    try:
        return patto_proof.verify(proof, kept)
    except (patto_proof.Trouble, ValueError, KeyError, TypeError):
        return None


def test_whatever_is_changed_in_a_proof_it_fails(taken):
    assert verdict(taken)
    stood = []
    for path, value in places(taken):
        for other in flipped(value):
            wrong = copy.deepcopy(taken)
            held = wrong
            for step in path[:-1]:
                held = held[step]
            held[path[-1]] = other
            if verdict(wrong):
                stood.append(path)

    assert stood == []


async def test_the_item_of_another_leaf_is_not_proved(taken, run, partner):
    await run("take", "pacts", "pact-4", "--out", "other.json")
    other = json.loads((partner.folder / "other.json").read_text("utf-8"))

    assert verdict({**taken, "item": other["item"]}) is None
    assert verdict({**taken, "item": other["item"], "change": other["change"]}) is None
    assert verdict({**other, "item": {**other["item"], "data": taken["item"]["data"]}}) is None
    assert verdict({**taken, "tree": other["tree"]}), "it is the same tree"


async def test_a_proof_without_its_item_proves_nothing(taken, run, partner):
    (partner.folder / "cut.json").write_text(json.dumps({name: taken[name] for name in taken if name != "item"}))
    code, printed = await run("verify", "cut.json")

    assert (code, "manca la scheda" in printed) == (1, True)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", "null", '{"format": 1}', '{"root": {}, "leaf": 3}', "x", "\x00", "[" * 100_000]
)
async def test_what_is_no_proof_is_said_to_be_none(run, partner, content):
    (partner.folder / "strange.json").write_text(content)
    code, printed = await run("verify", "strange.json")

    assert (code, "Traceback" in printed) == (1, False)


async def test_roots_are_kept_and_go_on_where_they_were(taken, close, said, run, partner):
    for day in (3, 4):
        said.say(day)
        await close(day)
    code, printed = await run("roots")

    assert (code, printed.split()[0]) == (0, "3")
    assert [each["number"] for each in patto_proof.read_roots(partner.folder / "roots.ndjson")] == [1, 2, 3]
    assert (await run("roots"))[0] == 0


async def test_roots_are_read_page_by_page(monkeypatch):
    every = [{"number": number} for number in range(1, 1001)]

    def page(url):
        before = int(url.partition("before=")[2] or 1001)
        found = every[: before - 1][::-1][:366]
        return {"items": found, "has_more": found[-1]["number"] > 1}

    monkeypatch.setattr(patto_proof, "ask", page)

    assert patto_proof.fetch("https://hub.example", 0) == every
    assert patto_proof.fetch("https://hub.example", 500) == every[499:]


@pytest.fixture
async def theirs(taken, hub, tmp_path, said, close):
    """The roots that the same hub tells others: with the same key, and without the newest change of ours."""
    path = tmp_path / "fork.db"
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as here, closing(sqlite3.connect(path)) as there:
        here.backup(there)
    other = replace(hub.site, ledger=open_ledger(path))
    said.say(3)
    for day in (3, 4):
        await close(day)
        await close(day, other)
    found = other.ledger.read_now(roots.listed_roots, before=None, limit=9)
    other.ledger.close()
    return [proofs.shown(each) for each in reversed(found)]


async def test_a_hub_that_tells_two_partners_different_histories_is_found_out(taken, theirs, run, partner):
    (partner.folder / "theirs.ndjson").write_text("".join(f"{json.dumps(each)}\n" for each in theirs))
    assert (await run("roots", "--keep", "ours.ndjson"))[0] == 0

    patto_proof.follow(theirs)  # each history is sound by itself
    code, printed = await run("compare", "ours.ndjson", "theirs.ndjson")
    assert (code, "DUE STORIE DIVERSE dalla radice n. 2, giornata 2026-03-03" in printed) == (1, True)
    code, printed = await run("roots", "--keep", "theirs.ndjson")
    assert (code, "DUE STORIE DIVERSE" in printed) == (1, True)
    await run("take", "pacts", "pact-3", "--out", "newer.json")
    assert (await run("verify", "newer.json", "--roots", "theirs.ndjson"))[0] == 1
    assert verdict(taken, theirs), "up to where they part it is one history"


async def test_a_hub_that_has_lost_a_root_is_found_out(taken, hub, close, run):
    await close(3)
    assert (await run("roots"))[0] == 0
    hub.site.ledger.write_now(lambda each: each.exec_driver_sql("DELETE FROM root_of_day WHERE number = 2"))

    code, printed = await run("roots")
    assert (code, "non ha più la radice n. 2" in printed) == (1, True)


def test_an_old_day_cannot_be_told_otherwise_later(taken, partner):
    (root,) = patto_proof.read_roots(partner.folder / "roots.ndjson")
    for name, value in (("root", "00" * 32), ("day", "2026-03-01"), ("trees", 1), ("key", "11" * 32)):
        with pytest.raises(patto_proof.Trouble):
            patto_proof.follow([{**root, name: value}])
    with pytest.raises(patto_proof.Trouble, match="non segue"):
        patto_proof.follow([root, root])
