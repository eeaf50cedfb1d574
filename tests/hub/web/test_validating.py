"""Validations over HTTP: the receipt's verdicts before anything is kept, for whom the door is open, a few at a time."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace

import pytest
from pydantic import BaseModel

from patto_connectors.contract import Batch, Connector, Door
from patto_connectors.push import RowDoor
from patto_hub.clock.schedule import Schedule
from patto_hub.jobs import Job, Unusable
from patto_hub.road import runner
from patto_hub.web.site import BASE, TRIALS, WebSettings
from patto_schemas.model import Pact
from patto_schemas.model.base import Name
from patto_schemas.model.wire import wire
from patto_schemas.published.xml_codec import write_list

PATH = f"{BASE}/streams/pacts"
JSON = {"Content-Type": "application/json"}


class Nothing(BaseModel):
    pass


class WirePact(Pact):
    model_config = wire(Pact)


def pact(number, **more):
    row = {"pact_id": f"P-{number}", "person_id": "RSSMRA85T10A562S", "ambito": "FG/1", "scheme": "ReD_3"}
    return {**row, "status": "active", **more}


def rows(body):
    yield Batch(rows=[json.dumps(each).encode() for each in json.loads(body.content)], name=body.name)


def stream(read=rows, partner="ambito-fg1", number=1, **more):
    return Job(
        name=f"{partner}/pacts",
        partner=partner,
        partner_id=number,
        plugin="p",
        connector=Connector(
            name="pacts",
            settings=Nothing,
            door=lambda _: Door(media_types=("application/json",), rows=read),
            **{"translate": WirePact, **more},
        ),
        settings=Nothing(),
        schedule=Schedule(),
        scope=frozenset({Name("ambito", "FG/1")}),
    )


@pytest.fixture
def site(make_site):
    return make_site(settings=WebSettings(largest_push=10_000))


@pytest.fixture
def client_of(client_at, site):
    async def made(*jobs, **more):
        return await client_at(replace(site, jobs={job.name: job for job in jobs}, **more))

    return made


@pytest.fixture
def bearer(bearer):
    """Make the headers of a partner that hands in JSON."""
    return lambda *partner, **more: bearer(*partner, **more) | JSON


def everything(site):
    with site.ledger.engine.connect() as connection:
        return list(connection.connection.driver_connection.iterdump())


BODY = json.dumps([pact(1), pact(2, status="asleep"), pact(3, ambito="TA/7"), pact(1)]).encode()


async def test_a_validation_tells_each_problem_with_its_rule_and_who_can_mend_it_and_keeps_nothing(
    client_of, site, bearer
):
    client, headers = await client_of(stream()), bearer()
    before = everything(site)

    answer = await client.post(f"{PATH}/validations", data=BODY, headers=headers)
    told = await answer.json()

    assert (answer.status, told["good"], told["problem_count"]) == (200, False, 2)
    assert [each["verdict"] for each in told["rows"]] == ["new", "quarantined", "refused", "duplicate"]
    wrong, foreign = told["errors"]
    assert (wrong["pointer"], wrong["position"], wrong["who_can_fix"]) == ("/status", "$[1]", "partner")
    assert (foreign["code"], foreign["verdict"]) == ("scope.outside", "refused")
    assert wrong["detail"] != wrong["detail_en"]
    assert "asleep" not in json.dumps(told)
    assert [line for line in everything(site) if "api_key" not in line] == [
        line for line in before if "api_key" not in line
    ]


async def test_the_receipt_says_later_what_the_validation_said(client_of, site, bearer):
    job = stream()
    client, headers = await client_of(job), bearer()

    said = await (await client.post(f"{PATH}/validations", data=BODY, headers=headers)).json()
    kept = await client.post(PATH, data=BODY, headers=headers)
    await runner.run(job, ledger=site.ledger, world=site.world, owner="test", reason="push")
    told = await (await client.get(kept.headers["Location"], headers=headers)).json()

    assert (told["state"], told["counts"]) == ("partial", said["counts"])
    assert [(each["position"], each["code"]) for each in told["rows"]] == [
        (each["position"], each["code"]) for each in said["errors"]
    ]


async def test_only_for_whom_the_door_is_open_a_body_is_validated(client_of, bearer):
    client = await client_of(stream())

    assert (await client.post(f"{PATH}/validations", data=BODY, headers=bearer(scopes=("pacts",)))).status == 403
    assert (await client.post(f"{PATH}/validations", data=BODY, headers=bearer(partner="cpi-foggia"))).status == 404


async def test_what_cannot_be_received_is_refused_as_at_the_door(client_of, bearer):
    client, headers = await client_of(stream()), bearer()
    csv = headers | {"Content-Type": "text/csv"}

    assert (await client.post(f"{PATH}/validations", data=b"", headers=headers)).status == 400
    assert (await client.post(f"{PATH}/validations", data=b" " * 10_001, headers=headers)).status == 413
    assert (await client.post(f"{PATH}/validations", data=b"a;b", headers=csv)).status == 415


def fails(_row):
    raise ZeroDivisionError


async def test_a_plugin_that_fails_is_the_engineers_to_mend_and_says_nothing_of_itself(client_of, bearer):
    client = await client_of(stream(translate=fails))

    answer = await client.post(f"{PATH}/validations", data=BODY, headers=bearer())
    told = await answer.json()

    assert (answer.status, told["who_can_fix"], int(answer.headers["Retry-After"]) > 0) == (503, "engineer", True)
    assert "ZeroDivision" not in json.dumps(told)


async def test_a_stream_at_rest_validates_nothing_now(client_of, bearer):
    client = await client_of(unusable=[Unusable(job="ambito-fg1/pacts", it="x", en="x", fault="plugin")])

    assert (await client.post(f"{PATH}/validations", data=BODY, headers=bearer())).status == 503


async def test_a_list_of_our_published_xsd_is_validated_and_handed_in_as_json_is(client_of, site, bearer):
    door = RowDoor(media_types=("application/xml",), kind="pact").door()
    job = stream(door.rows)
    job = replace(job, connector=replace(job.connector, door=lambda _: door))
    client, headers = await client_of(job), bearer() | {"Content-Type": "application/xml"}
    content = b"".join(write_list("pact", [Pact(**pact(1)), Pact(**pact(2))]))
    content = content.replace(b"<ambito>FG/1</ambito>", b"<ambito>TA/7</ambito>", 1)

    said = await (await client.post(f"{PATH}/validations", data=content, headers=headers)).json()
    kept = await client.post(PATH, data=content, headers=headers)
    await runner.run(job, ledger=site.ledger, world=site.world, owner="test", reason="push")
    told = await (await client.get(kept.headers["Location"], headers=headers)).json()

    assert [(each["position"], each["verdict"]) for each in said["rows"]] == [
        ("riga 3, /pact_list/pact[1]", "refused"),
        ("riga 4, /pact_list/pact[2]", "new"),
    ]
    assert told["counts"] == said["counts"]


async def test_few_bodies_are_on_trial_at_a_time_and_one_of_each_partner(client_of, bearer):
    inside, most, full = [], [], threading.Barrier(TRIALS)

    def read(body):
        inside.append(threading.get_ident())
        most.append(len(inside))
        full.wait(10)  # so many are let in at once
        inside.pop()
        yield from rows(body)

    client = await client_of(stream(read), stream(read, "cpi-foggia", 2))
    ours, theirs = bearer(), bearer("cpi-foggia")

    async def validate(headers):
        return (await client.post(f"{PATH}/validations", data=BODY, headers=headers)).status

    found = await asyncio.gather(*(validate(each) for _ in range(3) for each in (ours, theirs)))

    assert (set(found), max(most)) == ({200}, TRIALS)


async def test_the_hub_answers_others_while_a_body_is_on_trial(client_of, bearer):
    begun, go_on = threading.Event(), threading.Event()

    def read(body):
        begun.set()
        go_on.wait(10)
        yield from rows(body)

    client = await client_of(stream(read))
    trying = asyncio.ensure_future(client.post(f"{PATH}/validations", data=BODY, headers=bearer()))
    await asyncio.to_thread(begun.wait, 10)

    others = await client.get(f"{BASE}/status")
    go_on.set()

    assert (others.status, (await trying).status) == (200, 200)
