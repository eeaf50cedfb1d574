import asyncio
import logging
import socket

import pytest

from patto_connectors.http.guard import PUBLIC, Rules, networks
from patto_connectors.http.settings import Tls
from patto_connectors.testing.webhook import FakeReceiver, Mood
from patto_connectors.webhook import Answer, Message, Outcome, Target, fresh_secret, open_sender, secret_key
from patto_schemas.catalogue import CATALOGUE

HERE = Rules(allow=networks(["127.0.0.0/8"]))
SHORT = 0.2
"""Seconds of patience with a receiver that never answers: no outcome depends on how long they are."""


async def test_a_message_arrives_signed_and_whole(sending, receiver, message):
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert answer == Answer(Outcome.DELIVERED, status=204)
    assert receiver.kept == {message.id: message.body}


async def test_each_attempt_is_signed_at_its_own_time(sending, receiver, message, clock):
    async with sending() as (sender, target):
        await sender.send(message, target)
        await clock.sleep(7_200)
        await sender.send(message, target)

    first, second = receiver.arrived
    assert first.good
    assert second.good
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 7_200
    assert first.id == second.id


@pytest.mark.parametrize(
    ("mood", "meaning"),
    [
        (Mood(status=410), (Outcome.GONE, "webhook.gone")),
        (Mood(status=404), (Outcome.FAILED, "webhook.not_found")),
        (Mood(status=401), (Outcome.FAILED, "webhook.unauthorised")),
        (Mood(status=403), (Outcome.FAILED, "webhook.unauthorised")),
        (Mood(status=400), (Outcome.FAILED, "webhook.refused")),
        (Mood(status=413), (Outcome.FAILED, "webhook.refused")),
        (Mood(status=304), (Outcome.FAILED, "webhook.redirect")),
        (Mood(status=408), (Outcome.WAIT, "http.status")),
        (Mood(status=429), (Outcome.WAIT, "http.rate")),
        (Mood(status=500), (Outcome.WAIT, "http.status")),
        (Mood(status=501), (Outcome.WAIT, "http.status")),
        (Mood(status=502), (Outcome.WAIT, "http.status")),
        (Mood(status=503), (Outcome.WAIT, "http.status")),
        (Mood(way="disconnect"), (Outcome.WAIT, "http.disconnected")),
    ],
)
async def test_F73_each_answer_has_its_meaning(sending, receiver, message, mood, meaning):
    receiver.mood = mood
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert (answer.outcome, answer.code) == meaning
    assert answer.code in CATALOGUE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_F73_a_redirect_is_a_failure_and_is_not_followed(sending, receiver, message, status):
    receiver.order(Mood(status=status, headers={"Location": "/hook"}))
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "webhook.redirect")
    assert len(receiver.arrived) == 1


async def test_F73_an_error_told_with_200_counts_as_delivered(sending, receiver, message):
    receiver.mood = Mood(status=200, body=b'{"error": "database down"}')
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert answer.outcome is Outcome.DELIVERED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120.0), ("Mon, 02 Mar 2026 09:10:00 GMT", 600.0), ("-5", 0.0), ("99999999", 86_400.0), ("soon", None)],
)
async def test_F73_retry_after_is_understood_in_both_forms(sending, receiver, message, text, seconds):
    receiver.mood = Mood(status=503, headers={"Retry-After": text})
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert answer.retry_after == seconds


@pytest.mark.parametrize("way", ["hang", "trickle"])
async def test_F71_a_receiver_that_does_not_end_its_answer_has_failed(sending, receiver, message, way):
    receiver.mood = Mood(way=way, pace=SHORT / 10)
    async with sending(patience=SHORT) as (sender, target):
        answer = await sender.send(message, target)
        receiver.release()

    assert (answer.outcome, answer.code) == (Outcome.WAIT, "http.timeout")


async def test_F71_a_slow_receiver_takes_nobody_elses_connections(world, secret, receiver, message):
    full = asyncio.Event()

    def check(*_):
        if len(slow.arrived) == 3:  # this is the fourth: as many as one receiver may have at a time
            full.set()
        return True

    slow = FakeReceiver(check)
    slow.mood = Mood(way="hang")
    keys = (secret_key(secret),)
    async with (
        slow.running() as slow_url,
        receiver.running() as url,
        open_sender(world, HERE) as sender,
        asyncio.TaskGroup() as group,
    ):
        target = Target("slow", slow_url, keys)
        stuck = [group.create_task(sender.send(Message(f"m{n}", b"{}"), target)) for n in range(20)]
        await full.wait()
        answers = [await sender.send(message, Target("quick", url, keys)) for _ in range(20)]
        waiting = [task for task in stuck if not task.done()]
        slow.release()

    assert {answer.outcome for answer in answers} == {Outcome.DELIVERED}
    assert len(waiting) == 20


async def test_an_answer_without_end_is_not_read_to_its_end(sending, receiver, message):
    receiver.mood = Mood(way="trickle", body=b"x" * 4_096, pace=0)
    async with sending() as (sender, target):
        answer = await sender.send(message, target)
        receiver.release()

    assert answer.outcome is Outcome.DELIVERED


async def test_a_compressed_answer_is_not_unpacked(sending, receiver, message):
    receiver.mood = Mood(status=200, headers={"Content-Encoding": "gzip"}, body=b"no gzip at all")
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert answer.outcome is Outcome.DELIVERED


async def test_nothing_of_an_answer_is_logged_or_kept(sending, receiver, message, caplog):
    caplog.set_level(logging.DEBUG)
    receiver.mood = Mood(status=500, body=b"RSSMRA80A01H501U", headers={"X-Person": "RSSMRA80A01H501U"})
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert "RSSMRA80A01H501U" not in caplog.text + repr(answer)


async def test_a_port_where_nobody_listens_is_for_later(world, secret, message):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/hook"
    async with open_sender(world, HERE) as sender:
        answer = await sender.send(message, Target("ambito", url, (secret_key(secret),)))

    assert (answer.outcome, answer.code) == (Outcome.WAIT, "tcp")


async def test_F76_this_machine_is_refused_without_a_listing(world, secret, receiver, message):
    async with receiver.running() as url, open_sender(world, PUBLIC) as sender:
        answer = await sender.send(message, Target("ambito", url, (secret_key(secret),)))

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "webhook.address")
    assert receiver.arrived == []


async def test_proxies_of_the_environment_are_not_used(sending, receiver, message, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with sending() as (sender, target):
        answer = await sender.send(message, target)

    assert answer.outcome is Outcome.DELIVERED


async def test_a_certificate_of_a_known_authority_is_taken(sending, receiver, message, tls_of, ca_file):
    async with sending(tls_of(), tls=Tls(ca_file=ca_file)) as (sender, target):
        answer = await sender.send(message, target)

    assert answer.outcome is Outcome.DELIVERED


async def test_F73_a_certificate_for_another_name_fails_and_nothing_is_sent(
    sending, receiver, message, tls_of, ca_file
):
    async with sending(tls_of("other.example"), tls=Tls(ca_file=ca_file)) as (sender, target):
        answer = await sender.send(message, target)

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "tls.name")
    assert receiver.arrived == []


async def test_a_certificate_of_an_unknown_authority_fails(sending, receiver, message, tls_of):
    async with sending(tls_of()) as (sender, target):
        answer = await sender.send(message, target)

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "tls.untrusted")


async def test_F75_two_live_keys_are_verified_by_receivers_with_either(world, receiver, secret, message):
    new = fresh_secret(world)
    async with receiver.running() as url, open_sender(world, HERE) as sender:
        target = Target("ambito", url, (secret_key(new), secret_key(secret)))
        answer = await sender.send(message, target)

    assert answer.outcome is Outcome.DELIVERED


async def test_a_message_without_a_key_is_never_sent(sending, receiver, message):
    async with sending() as (sender, target):
        with pytest.raises(ValueError, match="at least one key"):
            await sender.send(message, Target("ambito", target.url, ()))

    assert receiver.arrived == []


async def test_a_lost_message_arrives_again_under_its_id(sending, receiver, message):
    async with sending() as (sender, target):
        await sender.send(message, target)
        receiver.lose()
        await sender.send(message, target)

    assert receiver.kept == {message.id: message.body}
    assert receiver.times[message.id] == 2


def test_keys_are_not_shown(secret):
    target = Target("ambito", "https://eventi.ambito.example/", (secret_key(secret),))

    assert "keys" not in repr(target)
    assert "secret" not in repr(target.keys)
