from __future__ import annotations

import asyncio
import base64
import sys
import time
from datetime import UTC, datetime

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from standardwebhooks import Webhook

from patto_hub.client import patto_receiver

SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
OLDER = "whsec_" + base64.b64encode(b"o" * 32).decode()
NOW = 1_772_442_000
BODY = '{"type":"feed.changed"}'


def signed(name="msg_1", at=NOW, body=BODY, secret=SECRET):
    """Sign as an independent implementation of Standard Webhooks does."""
    signature = Webhook(secret).sign(name, datetime.fromtimestamp(at, UTC), body)
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": signature}


def test_a_message_that_others_have_signed_is_genuine():
    assert patto_receiver.genuine(signed(), BODY.encode(), [OLDER, SECRET], NOW) == "msg_1"


def test_while_keys_are_changed_one_of_two_signatures_is_enough():
    both = signed() | {"webhook-signature": f"{signed(secret=OLDER)['webhook-signature']} v1,AAAA v2,x"}

    assert patto_receiver.genuine(both, BODY.encode(), [OLDER], NOW) == "msg_1"
    assert patto_receiver.genuine(both, BODY.encode(), [SECRET], NOW) is None


def test_an_ed25519_signature_is_genuine_too():
    key = Ed25519PrivateKey.from_private_bytes(b"e" * 32)
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    signature = key.sign(f"msg_1.{NOW}.{BODY}".encode())
    headers = signed() | {"webhook-signature": f"v1a,{base64.b64encode(signature).decode()}"}

    assert patto_receiver.genuine(headers, BODY.encode(), ["whpk_" + base64.b64encode(public).decode()], NOW) == "msg_1"
    assert (
        patto_receiver.genuine(headers, BODY.encode() + b" ", ["whpk_" + base64.b64encode(public).decode()], NOW)
        is None
    )


@pytest.mark.parametrize("seconds", [-301, 301, -86_400, 86_400 * 365])
def test_F83_a_message_of_another_time_is_not_of_now(seconds):
    assert patto_receiver.genuine(signed(at=NOW + seconds), BODY.encode(), [SECRET], NOW) is None


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_F83_a_message_within_the_window_is_of_now(seconds):
    assert patto_receiver.genuine(signed(at=NOW + seconds), BODY.encode(), [SECRET], NOW) == "msg_1"


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(NOW + 1)},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": "\uff11772442000"},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,è"},
        {"webhook-signature": "v1a,AAAA"},
        {"webhook-signature": signed()["webhook-signature"].swapcase()},
        {"webhook-signature": signed()["webhook-signature"].replace("v1,", "v1a,")},
    ],
)
def test_a_message_that_was_changed_is_not_genuine(changed):
    assert patto_receiver.genuine(signed() | changed, BODY.encode(), [SECRET, "whpk_AAAA", "x"], NOW) is None


def test_a_message_without_its_headers_is_not_genuine():
    assert patto_receiver.genuine({}, BODY.encode(), [SECRET], NOW) is None


def test_F83_ids_are_remembered_for_longer_than_the_window(tmp_path):
    seen = patto_receiver.Seen(tmp_path / "copy.sqlite")

    assert seen.is_new("msg_1", NOW)
    assert not seen.is_new("msg_1", NOW + 2 * patto_receiver.WINDOW_S)
    assert not patto_receiver.Seen(tmp_path / "copy.sqlite").is_new("msg_1", NOW + 2 * patto_receiver.WINDOW_S)
    assert seen.is_new("msg_1", NOW + patto_receiver.REMEMBERED_S + 1)


async def test_F83_a_genuine_message_lets_it_read_once_and_any_other_does_not(hub, said, partner):
    said.say(1)
    process = await partner.start(
        "receive", "pacts", "--listen", "127.0.0.1:0", PATTO_WEBHOOK_SECRET=f"{OLDER} {SECRET}"
    )
    lines = {(await process.stdout.readline()).decode() for _ in range(2)}
    (listening,) = [line for line in lines if "listening" in line]
    address = f"http://{listening.split()[3]}/"
    assert lines - {listening} == {"pacts: 1 variazioni (changes)\n"}

    said.say(2)
    now = int(time.time())
    asked = len(hub.requests)
    async with aiohttp.ClientSession() as session:

        async def post(headers, body=BODY):
            async with session.post(address, data=body, headers=headers) as answer:
                return answer.status

        assert await post({}) == 401
        assert await post(signed(at=now - 301)) == 401
        assert await post(signed(at=now), BODY + " ") == 401
        assert await post(signed(at=now), "x" * 300_000) == 413
        assert (await session.get(address)).status == 501
        assert len(hub.requests) == asked
        assert await post(signed(at=now)) == 204
        assert (await process.stdout.readline()).decode() == "pacts: 1 variazioni (changes)\n"
        asked = len(hub.requests)
        assert await post(signed(at=now)) == 204
        said.say(3)
        assert await post(signed("msg_2", at=now, secret=OLDER)) == 204
        assert (await process.stdout.readline()).decode() == "pacts: 1 variazioni (changes)\n"

    process.terminate()
    assert await process.wait() == 0
    assert partner.held() == said.due


async def test_receiving_finds_its_other_file_beside_itself_wherever_it_is_started(partner, tmp_path):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(partner.folder / "patto_client.py"),
        "receive",
        "pacts",
        "--listen",
        "127.0.0.1:0",
        cwd=tmp_path,
        env=partner.environment | {"PATTO_WEBHOOK_SECRET": "whsec_AAAA"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    first = [await process.stdout.readline() for _ in range(2)]
    process.terminate()
    await process.communicate()

    assert any(b"In ascolto su 127.0.0.1:" in line for line in first)
    assert process.returncode == 0


async def test_receiving_says_where_its_other_file_must_lie(partner):
    (partner.folder / "patto_receiver.py").unlink()

    code, lines = await partner.run("receive", "pacts", PATTO_WEBHOOK_SECRET="whsec_AAAA")

    assert code == 2
    assert lines == [f"Serve anche patto_receiver.py, nella cartella {partner.folder} (is needed too)"]
