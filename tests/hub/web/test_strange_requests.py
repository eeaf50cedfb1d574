"""What no browser and no partner's library sends: each is refused as a bad request, never as a failure of the hub."""

from __future__ import annotations

import asyncio
import io
import re
from datetime import UTC, datetime

import pytest

from patto_hub.observe.logs import set_up_logs
from patto_hub.web.app import make_app
from patto_hub.web.site import BASE, WebSettings

FORM = b"Content-Type: application/x-www-form-urlencoded"
OWN = b"Origin: http://127.0.0.1"


@pytest.fixture
def site(make_site):
    made = make_site(settings=WebSettings(secure_cookies=False))
    yield made
    made.passwords.close()


@pytest.fixture
async def ask(aiohttp_client, site):
    """Send bytes as they are, and give the status and the whole answer."""
    client = await aiohttp_client(make_app(site))

    async def asked(line, *headers, host=b"127.0.0.1", body=b""):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        length = [b"Content-Length: %d" % len(body)] if body else []
        head = [line, b"Host: " + host, b"Connection: close", *headers, *length]
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        return int(re.match(rb"HTTP/1\.. (\d+)", answer).group(1)), answer

    return asked


async def test_a_key_of_bytes_that_are_no_text_is_no_key(ask):
    line = f"GET {BASE}/feeds/pacts/changes HTTP/1.1".encode()

    assert (await ask(line, b"Authorization: Bearer patto_\xff\xfe_x"))[0] == 401


async def test_a_cookie_of_bytes_that_are_no_text_is_no_session(ask):
    assert (await ask(b"GET / HTTP/1.1", b"Cookie: patto_session=\xff\xfe"))[0] == 303


async def test_an_origin_that_is_no_address_is_another_site(ask):
    assert (await ask(b"POST /login HTTP/1.1", FORM, b"Origin: http://[", body=b"name=a"))[0] == 403


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM + b"; charset=none", b"name=a"),
        (FORM + b"; charset=utf-16", b"name=ab"),
        (FORM, b"name=\xff"),
        (b"Content-Type: multipart/form-data", b"name=a"),
    ],
    ids=["unknown encoding", "odd bytes", "no UTF-8", "no boundary"],
)
async def test_a_form_that_cannot_be_read_is_a_bad_request(ask, kind, body):
    assert (await ask(b"POST /login HTTP/1.1", kind, OWN, body=body))[0] == 400


@pytest.mark.parametrize(
    ("header", "body"),
    [(b"Content-Length: 99", b"name="), (b"Content-Encoding: gzip", b"name=a")],
    ids=["falls silent", "is not compressed"],
)
async def test_F21_a_form_that_does_not_come_whole_is_a_bad_request(aiohttp_client, site, monkeypatch, header, body):
    monkeypatch.setattr("patto_hub.web.visits.FORM_S", 0.2)
    client = await aiohttp_client(make_app(site))
    reader, writer = await asyncio.open_connection(client.host, client.port)
    sent = [b"POST /login HTTP/1.1", b"Host: 127.0.0.1", FORM, OWN, header]
    sent += [] if b"Length" in header else [b"Content-Length: %d" % len(body)]

    writer.write(b"\r\n".join(sent) + b"\r\n\r\n" + body)
    answer = await asyncio.wait_for(reader.readline(), 10)

    writer.transport.abort()
    assert answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("host", [b"evil.example", b"10.0.0.1:8080", b"127.0.0.1.evil.example"])
async def test_figures_are_not_given_to_a_page_whose_name_was_made_to_lead_here(ask, host):
    assert (await ask(b"GET /metrics HTTP/1.1", host=host))[0] == 401


@pytest.mark.parametrize("host", [b"127.0.0.1:8080", b"localhost", b"[::1]:8080"])
async def test_figures_are_given_to_whoever_asks_this_machine_by_its_own_name(ask, host):
    assert (await ask(b"GET /metrics HTTP/1.1", host=host))[0] == 200


@pytest.mark.parametrize(
    ("line", "header"),
    [
        (b"GET /signin/canary4711 HTTP/9.x", b"X: y"),
        (b"GET / HTTP/1.1", b"Cookie: patto_session=canary4711" + b"a" * 9000),
        (b"GET / HTTP/1.1", b"Authorization: Basic\x00 canary4711"),
    ],
    ids=["link", "cookie", "key"],
)
async def test_what_a_broken_request_carried_is_not_logged(ask, quiet, line, header):
    stream = io.StringIO()
    set_up_logs("info", "json", stream=stream, now=lambda: datetime(2026, 1, 1, tzinfo=UTC))

    status, _ = await ask(line, header)

    assert status == 400
    assert "aiohttp.server" in stream.getvalue()
    assert "canary4711" not in stream.getvalue()
