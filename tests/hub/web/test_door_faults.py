"""What can go wrong on the way of what a partner hands in: it is kept whole or not at all, and nobody is held up."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import tracemalloc

import pytest
from structlog.testing import capture_logs

from patto_connectors.contract import Pushed
from patto_connectors.errors import Malformed
from patto_connectors.files import write_rows
from patto_connectors.push import FORMS, RowDoor
from patto_hub.ledger import pushed
from patto_hub.web.site import BASE, WebSettings

LARGEST = 100_000
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PATH = f"{BASE}/streams/notes"
BODY = b'[ {"id":"1",\t"n":1.50, "t":"Forl\\u00ec"} ]\r\n'


@pytest.fixture
def row_door():
    return RowDoor(media_types=tuple(FORMS), kind="pact").door()


@pytest.fixture
def site(make_site, stream_of, row_door):
    job = stream_of(row_door)
    return make_site(settings=WebSettings(largest_push=LARGEST, push_s=0.3), jobs={job.name: job})


@pytest.fixture
async def client(client_at, site):
    return await client_at(site)


@pytest.fixture
def kept(site):
    """Give the bodies that were kept."""
    return lambda: [
        content for (content,) in site.ledger.read_now(lambda each: each.exec_driver_sql("SELECT content FROM pushed"))
    ]


@pytest.fixture
def hand_in(client, bearer):
    """POST a body whole, by a well-behaved client."""
    ours = bearer()

    async def given(content, media_type="application/json", **headers):
        sent = ours | {"Content-Type": media_type, **headers}
        answer = await client.post(PATH, data=content, headers=sent)
        return answer.status, await answer.json()

    return given


@pytest.fixture
def send(client, bearer):
    """Send a request's bytes as they are, piece by piece; gives the status (0: the hub closed without one)."""
    ours = bearer()["Authorization"]

    async def sent(*pieces, headers=(), pause=0.0, leave=False):
        reader, writer = await asyncio.open_connection(client.host, client.port)
        head = [
            f"POST {PATH} HTTP/1.1",
            "Host: 127.0.0.1",
            f"Authorization: {ours}",
            "Content-Type: application/json",
        ]
        writer.write("\r\n".join([*head, *headers, "Connection: close", "", ""]).encode())
        answered = asyncio.ensure_future(reader.read(4_096))
        for piece in pieces:
            writer.write(piece)
            if (await asyncio.wait({answered}, timeout=pause))[0]:
                break
        if leave:
            writer.close()
        found = re.match(rb"HTTP/1\.. (\d+)", await answered)
        writer.transport.abort()
        return int(found[1]) if found else 0

    return sent


def length(content):
    return [f"Content-Length: {len(content)}"]


async def test_trap_14_what_is_handed_in_is_kept_as_the_very_bytes_that_came(hand_in, site):
    status, told = await hand_in(BODY)

    assert (status, told["size"]) == (202, len(BODY))
    assert site.ledger.read_now(pushed.after, "ambito-fg1/notes", 0).content == BODY


async def test_F21_a_body_that_falls_silent_is_ended_and_nothing_of_it_is_kept(send, kept):
    assert await send(BODY[:10], headers=length(BODY)) == 408
    assert kept() == []


async def test_F22_a_body_that_trickles_is_ended(send, kept):
    pieces = [BODY[at : at + 1] for at in range(len(BODY))]

    assert await send(*pieces, headers=length(BODY), pause=0.05) == 408
    assert kept() == []


async def test_F23_a_cut_at_any_byte_leaves_nothing_and_is_no_failure_of_the_hub(send, hand_in, kept):
    with capture_logs() as log:
        for at in range(1, len(BODY), 5):
            assert await send(BODY[:at], headers=length(BODY), leave=True) in (0, 400)
        for at in range(1, len(BODY), 5):
            chunk = b"%x\r\n%s" % (len(BODY), BODY[:at])
            assert await send(chunk, headers=["Transfer-Encoding: chunked"], leave=True) in (0, 400)

    assert kept() == []
    assert [line for line in log if line["log_level"] == "error"] == []
    assert (await hand_in(BODY))[0] == 202


async def test_F24_a_web_page_is_not_taken(hand_in, kept):
    status, told = await hand_in(b"<html><body>Login</body></html>", "text/html")

    assert (status, told["code"]) == (415, "media-type-unsupported")
    assert kept() == []


def rows_of(door, content, media_type="application/json"):
    pages = door.rows(Pushed(number=1, name="r", content=content, media_type=media_type))
    return [row if isinstance(row, dict) else json.loads(row) for page in pages for row in page.rows]


@pytest.mark.parametrize("media_type", FORMS)
def test_F24_a_web_page_under_another_name_gives_no_row(row_door, media_type):
    page = b"<!DOCTYPE html>\n<html><body><p>Accesso richiesto</p></body></html>\n"

    try:
        found = rows_of(row_door, page, media_type)
    except Malformed:
        found = []

    assert found == []


@pytest.mark.parametrize("charset", ["latin-1", "utf-16"])
def test_F25_json_in_another_character_set_is_malformed(row_door, charset):
    with pytest.raises(Malformed) as caught:
        rows_of(row_door, '[{"t": "perché"}]'.encode(charset))

    assert caught.value.code in {"json.syntax", "file.charset"}


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16", "cp1252"])
def test_F25_a_tables_character_set_is_recognised(row_door, charset):
    text = "id;t\n" + "".join(f"{number};perché già così\n" for number in range(9))

    assert {row["t"] for row in rows_of(row_door, text.encode(charset), "text/csv")} == {"perché già così"}


async def test_F25_what_the_header_calls_the_body_is_not_believed(hand_in, kept):
    status, _ = await hand_in(BODY, "application/json; charset=klingon")

    assert status == 202
    assert len(kept()) == 1


async def test_F26_a_bomb_is_cut_while_it_is_small(hand_in, kept):
    bomb = gzip.compress(b" " * 50_000_000)
    tracemalloc.start()

    status, told = await hand_in(bomb, **{"Content-Encoding": "gzip"})

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (status, told["code"]) == (413, "too-large")
    assert peak < 5_000_000
    assert kept() == []


async def test_F26_what_calls_itself_compressed_and_is_not_is_refused(hand_in, kept):
    with capture_logs() as log:
        status, _ = await hand_in(BODY, **{"Content-Encoding": "gzip"})

    assert status == 400
    assert [line for line in log if line["log_level"] == "error"] == []
    assert kept() == []


async def test_F27_a_body_without_an_end_is_cut_at_the_cap(send, kept):
    pieces = [b"1000\r\n" + b" " * 4096 + b"\r\n"] * 1_000

    assert await send(*pieces, headers=["Transfer-Encoding: chunked"]) in (0, 413)
    assert kept() == []


@pytest.mark.parametrize(
    "headers",
    [
        ["Transfer-Encoding: chunked"],
        ["Content-Length: -1"],
        ["Content-Length: 3", "Content-Length: 4"],
        ["X: " + "x" * 99_999],
    ],
)
async def test_F28_what_breaks_the_rules_of_http_is_a_bad_request(send, hand_in, kept, headers):
    assert await send(b"no chunk\r\n\r\n", headers=headers) in (0, 400)
    assert kept() == []
    assert (await hand_in(BODY))[0] == 202


@pytest.mark.shared
def test_F33_a_hostile_workbook_gives_no_row_and_ends_nothing(row_door, shared):
    found = {}
    for path in sorted((shared / "bad_input/xlsx").rglob("*.xlsx")):
        try:
            found[path.name] = len(rows_of(row_door, path.read_bytes(), SHEET))
        except Malformed as refused:
            found[path.name] = refused.code

    assert len(found) >= 5
    assert all(code == 1 or str(code).startswith(("sheet.", "table.", "file.")) for code in found.values()), found


@pytest.mark.shared
@pytest.mark.parametrize(("form", "media_type"), [("json", "application/json"), ("ndjson", "application/x-ndjson")])
def test_F38_odd_texts_come_through_exactly(row_door, shared, form, media_type):
    texts = json.loads((shared / "bad_input/naughty_strings/blns.json").read_bytes())
    written = write_rows(form, [{"t": text} for text in texts])
    content = json.dumps([{"t": text} for text in texts]).encode() if form == "json" else written.content

    assert [row["t"] for row in rows_of(row_door, content, media_type)] == texts
