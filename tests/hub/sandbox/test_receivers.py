"""Every fault of a message, at a real receiver that checks signatures in lines of its own."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing

import pytest
import pytest_asyncio

from patto_connectors.testing.webhook import checking
from patto_hub.sandbox.receivers import ANY, SIGNED

pytestmark = pytest.mark.asyncio(loop_scope="session")
WHO = "job_centre"


@pytest_asyncio.fixture(loop_scope="session")
async def receiver(tried):
    """The receiver, once it has been told all that there was to tell."""
    found = tried.receiver
    await tried.step(WHO, "new_pact")
    known = -1
    async with asyncio.timeout(30):
        while known != len(found.arrived) or not known:
            known = len(found.arrived)
            await asyncio.sleep(0.3)
    found.arrived.clear()
    yield found
    await tried.ask(WHO, "DELETE", "/sandbox/faults")


async def come(receiver, count):
    async with asyncio.timeout(20):
        while len(receiver.arrived) < count:  # noqa: ASYNC110 - a server's loop, which tells nobody
            await asyncio.sleep(0.01)
    return receiver.arrived


async def happened(tried):
    """Wait until nothing that was ordered is left."""
    async with asyncio.timeout(40):
        while (await tried.ask(WHO, "GET", "/sandbox"))[2]["faults"]:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.1)


async def judged(tried):
    return (await tried.ask(WHO, "GET", "/sandbox"))[2]["receiver"]


async def test_without_a_fault_a_message_comes_once_and_is_right(tried, receiver):
    await tried.step(WHO, "new_pact")
    [message] = await come(receiver, 1)

    assert message.good
    assert json.loads(message.body)["data"]["feed"] == "pacts"


async def test_a_message_comes_twice_with_one_id(tried, receiver):
    await tried.order(WHO, "webhook_twice")
    await tried.step(WHO, "new_pact")
    first, second = await come(receiver, 2)

    assert (first.id, first.body) == (second.id, second.body)


async def test_a_message_comes_late(tried, receiver):
    now = tried.started.hub.world.monotonic
    before = now()
    await tried.order(WHO, "webhook_late", seconds=1)
    await tried.step(WHO, "new_pact")
    [message] = await come(receiver, 1)

    assert now() - before >= 1
    assert message.good


async def test_a_message_comes_after_the_one_that_follows_it(tried, receiver):
    await tried.order(WHO, "webhook_out_of_order")
    await tried.step(WHO, "new_pact")
    await happened(tried)
    held_back = list(receiver.arrived)
    await tried.step(WHO, "correction")
    later, earlier = [json.loads(each.body)["timestamp"] for each in await come(receiver, 2)]

    assert held_back == []
    assert earlier < later


async def test_a_wrong_signature_is_refused_and_the_right_message_follows(tried, receiver):
    await tried.order(WHO, "webhook_wrong_signature")
    await tried.step(WHO, "new_pact")
    wrong, right = await come(receiver, 2)

    assert (wrong.good, right.good) == (False, True)
    assert wrong.id == right.id
    assert (await judged(tried))[-1] == {"fault": "webhook_wrong_signature", "right": True}


async def test_a_receiver_that_takes_a_wrong_signature_is_told_so(tried, receiver):
    check, receiver._check = receiver._check, None
    await tried.order(WHO, "webhook_wrong_signature")
    await tried.step(WHO, "new_pact")
    await come(receiver, 2)
    receiver._check = check

    assert (await judged(tried))[-1] == {"fault": "webhook_wrong_signature", "right": False}


async def test_a_message_that_only_the_second_key_signs_is_as_good(tried, receiver):
    await tried.order(WHO, "webhook_old_key")
    await tried.step(WHO, "new_pact")
    [message] = await come(receiver, 1)

    assert checking(tried.plan.environment["HOOK_BEFORE"])(message.headers, message.body)
    assert not checking(tried.plan.environment["HOOK"])(message.headers, message.body)
    assert (await judged(tried))[-1] == {"fault": "webhook_old_key", "right": True}


@pytest.mark.timeout(120)
async def test_our_own_program_comes_through_each_fault_of_a_message(receiving):
    async with receiving() as (tried, program), asyncio.timeout(100):
        for fault in SIGNED + ANY:
            await tried.order(WHO, fault, seconds=1)
            await tried.step(WHO, "new_pact")
            await happened(tried)
        await tried.step(WHO, "correction")
        due = {each["id"] for each in (await tried.snapshot(WHO))["items"]}
        while (code := (await program.run("verify", "pacts"))[0]) or held(program) != due:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.2)

    assert code == 0
    assert [each.right for each in tried.sandbox.faults.judged(WHO)] == [True, True]


def held(program):
    with closing(sqlite3.connect(program.folder / "pacts.sqlite")) as copy:
        return {name for (name,) in copy.execute("SELECT id FROM record WHERE data IS NOT NULL")}
