from __future__ import annotations

import ast
import asyncio
import json
import sqlite3
import sys
from pathlib import Path
from random import Random

import pytest
from aiohttp import web

from patto_hub.client import patto_client
from patto_hub.ledger import acknowledgements
from patto_hub.web.rates import Rates

FILES = sorted(Path(patto_client.__file__).parent.glob("patto_*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_it_needs_nothing_but_python_3_9(path):
    tree = ast.parse(path.read_text("utf-8"), feature_version=(3, 9))

    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - sys.stdlib_module_names <= {"cryptography"}


async def test_it_reads_the_snapshot_then_the_changes_and_goes_on_from_there(hub, said, partner):
    for number in range(1, 8):
        said.say(number)
    said.say(3, "delete")

    first = await partner.run("pull", "pacts", "--limit", "2")
    said.say(2)
    said.say(9)
    said.say(4, "withdraw")
    hub.requests.clear()
    second = await partner.run("pull", "pacts")

    assert first == (0, ["pacts: 6 variazioni (changes), 6 schede (records)"])
    assert second == (0, ["pacts: 3 variazioni (changes), 6 schede (records)"])
    assert partner.held() == said.due
    assert set(hub.requests) == {"/rest/patto/v1/feeds/pacts/changes"}
    assert partner.file.stat().st_mode & 0o077 == 0


async def test_what_changes_while_it_pages_is_neither_lost_nor_doubled(hub, said, partner):
    chance = Random(5)
    for number in range(1, 21):
        said.say(number)

    async def meanwhile(request, handler):
        answer = await handler(request)
        for _ in range(3):
            said.say(chance.randint(1, 25), chance.choice(["upsert", "upsert", "delete", "withdraw"]))
        return answer

    hub.mishaps.extend([meanwhile] * 8)
    code, _ = await partner.run("pull", "pacts", "--limit", "3")

    assert code == 0
    assert partner.held() == said.due
    assert (await partner.run("verify", "pacts"))[0] == 0


async def test_killed_at_any_page_it_goes_on_where_it_was(hub, said, partner):
    for number in range(1, 31):
        said.say(number)
    running = {}

    async def killed_before(_request, _handler):
        running["process"].kill()
        raise web.HTTPServiceUnavailable

    async def killed_after(request, handler):
        answer = await handler(request)
        asyncio.get_running_loop().call_soon(running["process"].kill)
        return answer

    for number in range(10):
        hub.mishaps.extend([None, killed_before if number % 2 else killed_after])
        running["process"] = process = await partner.start("pull", "pacts", "--limit", "4")
        await process.communicate()
        said.say(number + 1, "delete" if number % 3 == 0 else "upsert")
        hub.mishaps.clear()

    assert (await partner.run("pull", "pacts"))[0] == 0
    assert partner.held() == said.due
    assert (await partner.run("verify", "pacts"))[0] == 0


async def test_a_lost_answer_is_asked_for_again_and_one_that_is_cut_is_thrown_away(hub, said, partner):
    for number in range(1, 8):
        said.say(number)

    async def lost(request, handler):
        await handler(request)
        request.transport.abort()
        return web.Response()

    async def cut(request, handler):
        answer = await handler(request)
        half = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
        await half.prepare(request)
        await half.write(bytes(answer.body)[:200])
        request.transport.close()
        return half

    hub.mishaps.extend([lost, None, cut])
    code, _ = await partner.run("pull", "pacts", "--limit", "3")

    assert code == 0
    assert partner.held() == said.due


async def test_a_page_that_comes_again_later_undoes_nothing(hub, said, partner):
    said.say(1)
    said.say(2)
    await partner.run("pull", "pacts")
    said.say(1)
    kept = {}

    async def keep(request, handler):
        kept["page"] = bytes((await handler(request)).body)
        return web.Response(body=kept["page"], content_type="application/json")

    async def again(_request, _handler):
        return web.Response(body=kept["page"], content_type="application/json")

    hub.mishaps.append(keep)
    await partner.run("pull", "pacts")
    said.say(1, "delete")
    said.say(2)
    await partner.run("pull", "pacts")
    hub.mishaps.append(again)
    await partner.run("pull", "pacts")
    code, _ = await partner.run("pull", "pacts")

    assert code == 0
    assert partner.held() == said.due == {"pact-2": 2}


async def test_a_stale_place_begins_a_new_snapshot_and_drops_what_it_does_not_name(hub, said, partner):
    for number in range(1, 6):
        said.say(number)
    await partner.run("pull", "pacts")
    partner.do(
        "INSERT INTO record SELECT feed, 'pact-99', version, changed_at, kind, source, view, data, digest, lap"
        " FROM record WHERE id = 'pact-1'"
    )

    async def gone(_request, _handler):
        return web.json_response({"type": "/problems/cursor-stale"}, status=410)

    hub.mishaps.append(gone)
    code, lines = await partner.run("pull", "pacts", "--limit", "2")

    assert (code, lines) == (0, ["pacts: 5 variazioni (changes), 5 schede (records)"])
    assert partner.held() == said.due


def test_what_is_deleted_is_overwritten_whatever_sqlite_does_by_itself(tmp_path, monkeypatch):
    plain = sqlite3.connect

    def built_otherwise(*args, **options):
        made = plain(*args, **options)
        made.execute("PRAGMA secure_delete = OFF")
        return made

    monkeypatch.setattr(sqlite3, "connect", built_otherwise)

    copy = patto_client.Copy(tmp_path / "pacts.sqlite", "pacts")

    assert copy.db.execute("PRAGMA secure_delete").fetchone() == (1,)
    copy.db.close()


async def test_verify_names_exactly_the_records_that_are_wrong(hub, said, partner):
    for number in range(1, 61):
        said.say(number)
    said.say(7)
    await partner.run("pull", "pacts")
    good = await partner.run("verify", "pacts")
    partner.do(
        "DELETE FROM record WHERE id = 'pact-3'",
        "UPDATE record SET version = 1 WHERE id = 'pact-7'",
        "UPDATE record SET data = replace(data, 'active', 'completed') WHERE id = 'pact-11'",
        "INSERT INTO record SELECT feed, 'pact-99', version, changed_at, kind, source, view, data, digest, lap"
        " FROM record WHERE id = 'pact-1'",
    )

    code, lines = await partner.run("verify", "pacts")

    assert good == (0, ["pacts: copia completa, 60 schede (the copy is complete)"])
    assert code == 1
    assert lines[:-1] == [
        "altered\tpact-11\t-\t-",
        "missing\tpact-3\t-\t1",
        "version\tpact-7\t1\t2",
        "extra\tpact-99\t1\t-",
    ]
    assert (await partner.run("pull", "pacts", "--again"))[0] == 0
    assert (await partner.run("verify", "pacts"))[0] == 0


async def test_verify_reads_on_where_records_were_taken_away_meanwhile(said, partner):
    for number in range(1, 6):
        said.say(number)
    await partner.run("pull", "pacts")
    said.say(2, "withdraw")
    said.say(3)

    code, _ = await partner.run("verify", "pacts")

    assert code == 0
    assert partner.held() == said.due


async def test_verify_is_right_at_an_older_place_too(said, partner):
    for number in range(1, 6):
        said.say(number)
    await partner.run("pull", "pacts")
    said.say(2)
    said.say(6)

    assert (await partner.run("verify", "pacts"))[0] == 0


async def test_the_copy_can_be_had_as_lines_of_json(said, partner):
    for number in (10, 2, 1):
        said.say(number)

    await partner.run("pull", "pacts", "--ndjson", "pacts.ndjson")
    lines = [json.loads(line) for line in (partner.folder / "pacts.ndjson").read_text().splitlines()]

    assert [(each["id"], each["data"]["pact_id"]) for each in lines] == [
        ("pact-1", "P1"),
        ("pact-10", "P10"),
        ("pact-2", "P2"),
    ]


async def test_it_acknowledges_what_it_has_and_what_it_cannot_take(hub, said, partner):
    for number in range(1, 4):
        said.say(number)
    await partner.run("pull", "pacts")
    (partner.folder / "no.ndjson").write_text('{"id": "pact-2", "version": 1, "code": "misura", "reason": "Manca."}\n')

    first = await partner.run("ack", "pacts", "--applied", "--refused", "no.ndjson")
    again = await partner.run("ack", "pacts", "--applied", "--refused", "no.ndjson")

    assert first == again == (0, ["pacts: 2 variazioni accettate (accepted), 1 rifiutate (refused)"])
    ledger = hub.site.ledger
    assert len(ledger.read_now(acknowledgements.history, "cpi", "pacts")) == 1
    assert ledger.read_now(acknowledgements.open_refusals, source="ambito")[0].reason == "Manca."


@pytest.mark.parametrize("command", ["verify", "ack"])
async def test_before_the_first_pull_it_says_so(partner, command):
    code, lines = await partner.run(command, "pacts")

    assert (code, lines) == (1, ["La copia non è completa: eseguire «pull» (it is not whole: run `pull`)"])


async def test_a_refusal_is_told_in_the_hubs_words_and_never_with_the_key(hub, partner):
    code, lines = await partner.run("pull", "enrolments")
    wrong = await partner.run("pull", "pacts", PATTO_KEY="patto_wrong_key")

    assert code == 1
    assert lines[0].startswith("403 Flusso non autorizzato. Chiedere alla Regione l'accesso a questo flusso. (Feed not")
    assert wrong[0] == 1
    assert wrong[1][0].startswith("401 ")
    assert not [line for line in (*lines, *wrong[1]) if hub.key in line or "patto_wrong_key" in line]


@pytest.mark.parametrize(
    ("environment", "arguments", "expected"),
    [
        ({"PATTO_KEY": ""}, ("pull", "pacts"), 2),
        ({"PATTO_URL": "http://patto.example/rest/patto/v1"}, ("pull", "pacts"), 2),
        ({"PATTO_URL": ""}, ("pull", "pacts"), 2),
        ({"PATTO_KEY_FILE": "nowhere"}, ("pull", "pacts"), 1),
        ({}, ("pull",), 2),
        ({}, ("push", "pacts"), 2),
        ({}, ("pull", "pacts", "--key", "x"), 2),
        ({"PATTO_URL": "http://127.0.0.1:9/rest/patto/v1"}, ("pull", "pacts", "--patience", "0"), 75),
        ({}, ("receive", "pacts"), 2),
    ],
    ids=[
        "no key",
        "plain http",
        "no address",
        "no key file",
        "no feed",
        "no such command",
        "key in argv",
        "down",
        "secret",
    ],
)
async def test_it_ends_with_a_code_that_says_what_to_do(partner, environment, arguments, expected):
    code, lines = await partner.run(*arguments, **environment)

    assert code == expected
    assert lines
    assert not [line for line in lines if "Traceback" in line]


async def test_it_goes_nowhere_else_with_the_key(hub, partner):
    async def elsewhere(_request, _handler):
        raise web.HTTPFound("http://127.0.0.1:9/")

    hub.mishaps.append(elsewhere)
    code, lines = await partner.run("pull", "pacts", "--patience", "0")

    assert code == 1
    assert lines[0].startswith("302 ")


async def test_it_waits_as_long_as_the_hub_says(hub, said, tmp_path):
    said.say(1)
    hub.site.rates.limit, hub.site.rates.window_s = 1, 20.0
    waits = []

    def wait(seconds):
        waits.append(seconds)
        hub.site.rates.buckets.clear()

    def read():
        reader = patto_client.Hub(hub.base, hub.key, 600.0, wait)
        copy = patto_client.Copy(tmp_path / "copy.sqlite", "pacts")
        hub.site.rates.buckets.clear()
        counts = patto_client.pull(reader, copy, limit=1), patto_client.pull(reader, copy)
        copy.db.close()
        return counts

    assert isinstance(hub.site.rates, Rates)
    assert await asyncio.to_thread(read) == (1, 0)
    assert waits == [20.0]


async def test_a_refusal_names_each_row_and_field_that_is_wrong_with_rule_and_example(said, partner):
    for number in range(1, 4):
        said.say(number)
    await partner.run("pull", "pacts")
    refused = [
        {"id": "pact-1", "version": 1, "code": "a", "reason": "Manca."},
        {"id": "pact-2", "version": 7, "code": "a", "reason": "Manca."},
        {"id": "pact-3", "version": 1, "code": "a", "reason": "x" * 300},
    ]
    file = partner.folder / "no.ndjson"
    file.write_text("\n".join(map(json.dumps, refused)))

    long = await partner.run("ack", "pacts", "--refused", "no.ndjson")
    file.write_text("\n".join(map(json.dumps, refused[:2])))
    unknown = await partner.run("ack", "pacts", "--refused", "no.ndjson")

    assert long[0] == unknown[0] == 1
    assert long[1][0].startswith("422 Contenuto non valido. ")
    assert long[1][1:] == [
        "  riga 3, campo reason: al massimo 200 caratteri (at most 200 characters) [string_too_long]"
    ]
    assert unknown[1][1:] == [
        (
            "  riga 2, campo id: servono «id» e «version» di una variazione che avete ricevuto in questo flusso;"
            " esempio (example): pact-17 (`id` and `version` of a change of this feed that you were given are needed)"
            " [unknown_version]"
        )
    ]


async def test_a_wrong_parameter_is_named_too(said, partner):
    said.say(1)

    code, lines = await partner.run("pull", "pacts", "--limit", "5000")

    assert code == 1
    assert lines[1:] == [
        "  campo limit: il valore massimo è 1000; esempio (example): 100 (the highest value is 1000) [less_than_equal]"
    ]
