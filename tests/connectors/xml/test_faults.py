"""Faults of an XML document's road over HTTP: pages before stay good, and a broken one is never taken for the whole."""

from __future__ import annotations

import gzip
import json
from xml.sax.saxutils import escape

import pytest
import trustme
from aiohttp import web

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.settings import Caps, ClientCredentials, HttpSettings, Repeats, Timeouts, Tls
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.fake import FakePartner
from patto_connectors.xml import XmlSource, http_body, row_reader
from patto_schemas.catalogue import CATALOGUE

READERS = {"{urn:c}r": row_reader({"{urn:c}n": "n"})}


def document(texts, declaration=""):
    rows = "\n".join(f"<r><n>{escape(str(text))}</n></r>" for text in texts)
    return f'{declaration}<c xmlns="urn:c">\n{rows}\n</c>'


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def shelf():
    """The document that the partner has."""
    return [document(range(3_000)).encode()]


@pytest.fixture
def fake(shelf):
    fake = FakePartner(seed=7)
    fake.listing("/c.xml", lambda _: shelf[0])
    return fake


async def read(url, **http):
    """Read the partner's document: the rows that came, and the trouble that ended it."""
    settings = HttpSettings(**{"base_url": url, "repeats": Repeats(attempts=1), **http})
    batches, trouble = [], None
    try:
        async for batch in XmlSource(body=http_body(settings, "c.xml"), readers=READERS, root="{urn:c}c").read(None):
            batches.append(batch)  # noqa: PERF401 - pages before a trouble count
    except Trouble as caught:
        trouble = caught
    assert trouble is None or trouble.code in CATALOGUE
    assert (trouble is None) == any(batch.complete for batch in batches), "a broken list is no whole one"
    return [row["n"] for batch in batches for row in batch.rows], trouble


async def trouble_of(fake, **http):
    async with fake.running() as url:
        _, trouble = await read(url, **http)
    return trouble


async def test_F21_a_document_that_falls_silent_is_ended(fake):
    fake.faults.order("hang")

    trouble = await trouble_of(fake, timeouts=Timeouts(read=0.2))

    assert (type(trouble), trouble.code) == (Unreachable, "http.timeout")


async def test_F22_a_document_that_trickles_is_ended_by_its_rate(fake):
    fake.faults.order("loris", option="10")

    trouble = await trouble_of(fake)

    assert (type(trouble), trouble.code) == (Unreachable, "http.too_slow")


async def test_F23_every_cut_of_a_document_is_seen(fake, shelf):
    whole = document(range(3)).encode()
    async with fake.running() as url:
        for at in range(len(whole)):
            shelf[0] = whole[:at]

            rows, trouble = await read(url)

            assert isinstance(trouble, Malformed | Unreachable), at
            assert rows == ["0", "1", "2"][: len(rows)]


async def test_F24_a_web_page_is_no_document(fake):
    fake.faults.order("html")

    trouble = await trouble_of(fake)

    assert (type(trouble), trouble.code) == (Malformed, "http.html")
    assert b"Manutenzione" in trouble.content
    assert b"RSSMRA80A01H501U" not in trouble.content


@pytest.mark.parametrize("declared", ["utf-8", "us-ascii", "klingon", "utf-16"])
async def test_F25_a_document_in_another_character_set_than_it_says_is_malformed(fake, shelf, declared):
    shelf[0] = document(["perché"] * 9, f'<?xml version="1.0" encoding="{declared}"?>').encode("latin-1")

    trouble = await trouble_of(fake)

    assert type(trouble) is Malformed
    assert trouble.code in {"xml.encoding", "xml.syntax"}


@pytest.mark.parametrize("declared", ["ISO-8859-1", "utf-16", "windows-1252"])
async def test_F25_a_document_is_read_as_it_says_itself(fake, shelf, declared):
    shelf[0] = document(["perché"] * 9, f'<?xml version="1.0" encoding="{declared}"?>').encode(declared)

    async with fake.running() as url:
        rows, trouble = await read(url)

    assert (rows, trouble) == (["perché"] * 9, None)


async def test_F26_a_bomb_is_cut_while_it_is_small(fake):
    packed = gzip.compress(b'<c xmlns="urn:c">' + b" " * 50_000_000)

    async def bomb(_request):
        return web.Response(body=packed, headers={"Content-Encoding": "gzip"}, content_type="application/xml")

    fake.app.router._resources.clear()
    fake.app.router._resource_index.clear()
    fake.app.router.add_get("/c.xml", bomb)

    trouble = await trouble_of(fake)

    assert (type(trouble), trouble.code) == (Malformed, "http.ratio")


async def test_F27_a_document_without_an_end_is_cut_at_the_cap(fake):
    fake.faults.order("endless")

    trouble = await trouble_of(fake, caps=Caps(decoded=1024 * 1024))

    assert trouble.code in {"http.too_large", "xml.syntax"}


@pytest.mark.parametrize(
    ("fault", "code"),
    [("malformed", "http.malformed"), ("header_bomb", "http.malformed"), ("redirect", "http.redirect")],
)
async def test_F28_what_breaks_the_rules_of_http_ends_cleanly(fake, fault, code):
    fake.faults.order(fault, option="http://127.0.0.1:1/elsewhere" if fault == "redirect" else "")

    assert (await trouble_of(fake)).code == code


async def test_F29_a_certificate_that_nobody_vouches_for_is_refused(fake, tls_of, ca_file):
    async with fake.running(tls=tls_of(by=trustme.CA())) as url:
        rows, trouble = await read(url, tls=Tls(ca_file=ca_file))

    assert (rows, type(trouble), trouble.code) == ([], Refused, "tls.untrusted")


@pytest.mark.shared
async def test_F38_odd_texts_come_through_exactly_or_cannot_be_written_in_xml(fake, shelf, shared):
    naughty = json.loads((shared / "bad_input/naughty_strings/blns.json").read_bytes())
    texts = [text for text in naughty if text.strip() and all(each >= " " or each in "\t\n" for each in text)]
    texts = [text for text in texts if not {"\ufffe", "\uffff"} & set(text)]
    shelf[0] = document(texts).encode()

    async with fake.running() as url:
        rows, trouble = await read(url)

    assert trouble is None
    assert len(rows) > 480
    assert rows == texts


async def test_F47_a_worn_token_is_renewed_and_the_document_asked_for_again(fake):
    desk = fake.tokens("/token", uses=2)

    async with fake.running() as url:
        auth = ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary")
        found = [await read(url, auth=auth, repeats=Repeats(attempts=2)) for _ in range(5)]

    assert [(len(rows), trouble) for rows, trouble in found] == [(3_000, None)] * 5
    assert desk.given == 3
