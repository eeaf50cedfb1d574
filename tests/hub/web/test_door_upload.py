"""A file handed in through a form is what the same bytes in a body are; a form that is no such thing is refused."""

from __future__ import annotations

import asyncio
import gzip
import io
import re
import zipfile

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from patto_connectors.files import write_rows
from patto_connectors.push import RowDoor
from patto_hub.ledger import pushed
from patto_hub.web import receiving
from patto_hub.web.site import BASE, WebSettings

LARGEST = 100_000
PATH = f"{BASE}/streams/notes"
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = b"id;nome\r\n1;perch\xc3\xa9\r\n"


@pytest.fixture
def site(make_site, stream_of):
    job = stream_of(RowDoor(media_types=("text/csv", SHEET, "application/json")).door())
    return make_site(settings=WebSettings(largest_push=LARGEST, push_s=0.3), jobs={job.name: job})


@pytest.fixture
async def client(client_at, site):
    return await client_at(site)


@pytest.fixture
def kept(site):
    return lambda: site.ledger.read_now(
        lambda each: each.exec_driver_sql("SELECT media_type, size FROM pushed ORDER BY id").all()
    )


def form(content, filename="presenze.csv", media_type="application/vnd.ms-excel"):
    made = FormData()
    made.add_field("file", content, filename=filename, content_type=media_type)
    return made


@pytest.fixture
def upload(client, bearer):
    ours = bearer()

    async def sent(data, **headers):
        answer = await client.post(PATH, data=data, headers=ours | headers)
        return answer.status, await answer.json()

    return sent


async def test_a_file_is_kept_as_its_very_bytes_under_the_type_that_its_ending_says(upload, site, kept):
    status, told = await upload(form(CSV))

    assert (status, told["size"], kept()) == (202, len(CSV), [("text/csv", len(CSV))])
    assert site.ledger.read_now(pushed.after, "ambito-fg1/notes", 0).content == CSV


async def test_a_file_without_a_known_ending_is_what_the_form_says(upload, kept):
    status, _ = await upload(form(b"[]", filename="dati", media_type="application/json; charset=utf-8"))

    assert (status, kept()) == (202, [("application/json", 2)])


async def test_F82_the_same_key_and_content_give_one_receipt_by_form_and_by_body(client, upload, bearer, kept):
    key = {"Idempotency-Key": "k"}

    _, first = await upload(form(CSV), **key)
    again, second = await upload(form(CSV, filename="altro nome.csv"), **key)
    answer = await client.post(PATH, data=CSV, headers=bearer() | key | {"Content-Type": "text/csv"})
    third = await answer.json()

    assert (again, answer.status) == (200, 200)
    assert {first["receipt"], second["receipt"], third["receipt"]} == {first["receipt"]}
    assert len(kept()) == 1


async def test_F82_the_same_key_for_another_file_is_refused(upload, kept):
    await upload(form(CSV), **{"Idempotency-Key": "k"})

    status, told = await upload(form(CSV + b"2;b\r\n"), **{"Idempotency-Key": "k"})

    assert (status, told["code"], len(kept())) == (422, "idempotency-key-reused", 1)


async def test_the_name_of_a_file_is_kept_and_logged_nowhere(upload, site):
    with capture_logs() as log:
        status, told = await upload(form(CSV, filename="ROSSI Mario RSSMRA85T10A562S.csv"))

    with site.ledger.engine.connect() as connection:
        everything = "\n".join(connection.connection.driver_connection.iterdump())
    assert status == 202
    assert not any("RSSMRA85T10A562S" in text for text in (str(log), str(told), everything))


def fields(*parts):
    made = FormData()
    for name, content, more in parts:
        made.add_field(name, content, **more)
    return made


@pytest.mark.parametrize(
    "made",
    [
        lambda: fields(("file", b"a", {"filename": "a.csv"}), ("file", b"b", {"filename": "b.csv"})),
        lambda: fields(("note", "text", {}), ("file", b"b", {"filename": "b.csv"})),
        lambda: fields(("note", "text", {"content_type": "text/csv"})),
    ],
)
async def test_a_form_with_anything_but_one_file_is_refused(upload, kept, made):
    status, told = await upload(made())

    assert (status, told["code"], kept()) == (400, "upload-invalid", [])


@pytest.mark.parametrize(
    ("content", "filename", "status", "problem"),
    [
        (b"", "a.csv", 400, "content-empty"),
        (b"x" * (LARGEST + 1), "a.csv", 413, "too-large"),
        (b"%PDF", "a.pdf", 415, "media-type-unsupported"),
    ],
)
async def test_a_file_that_cannot_be_taken_says_why(upload, kept, content, filename, status, problem):  # noqa: PLR0917
    found, told = await upload(form(content, filename=filename, media_type="application/pdf"))

    assert (found, told["code"], kept()) == (status, problem, [])
    assert told["what_to_do"]
    assert told["what_to_do_en"]


HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n'
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no form at all",
        b"--b--\r\n",
        HEAD,
        HEAD + b"\r\nid;n\r\n1;2",
        HEAD + b"Content-Transfer-Encoding: base64\r\n\r\naWQ=\r\n--b--\r\n",
        HEAD + b"Content-Encoding: gzip\r\n\r\nx\r\n--b--\r\n",
        HEAD + b"X: " + b"x" * 99_999 + b"\r\n\r\nid\r\n--b--\r\n",
        HEAD + b"X: y\r\n" * 999 + b"\r\nid\r\n--b--\r\n",
        b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nid\r\n--c--\r\n--b--\r\n",
    ],
)
async def test_F28_a_form_that_breaks_the_rules_is_a_bad_request(upload, kept, content):
    with capture_logs() as log:
        status, told = await upload(content, **FORM)

    assert (status, kept()) == (400, [])
    assert told["code"] in {"upload-invalid", "content-empty"}
    assert [line for line in log if line["log_level"] == "error"] == []


@pytest.mark.parametrize("kind", ["multipart/form-data", f"multipart/form-data; boundary={'b' * 71}"])
async def test_a_form_without_a_right_boundary_is_a_bad_request(upload, kept, kind):
    status, _ = await upload(HEAD + b"\r\nid\r\n--b--\r\n", **{"Content-Type": kind})

    assert (status, kept()) == (400, [])


async def test_F26_a_compressed_form_is_not_unpacked(upload, kept):
    bomb = gzip.compress(HEAD + b"\r\n" + b" " * 50_000_000 + b"\r\n--b--\r\n")

    status, _ = await upload(bomb, **FORM, **{"Content-Encoding": "gzip"})

    assert (status, kept()) == (400, [])


@pytest.mark.parametrize("before", [b"x\r\n" * 50_000, b"x" * 150_000])
async def test_F27_what_stands_before_a_form_is_cut_at_the_cap_too(upload, kept, before):
    status, _ = await upload(before + HEAD + b"\r\nid\r\n--b--\r\n", **FORM)

    assert (status in {400, 413}, kept()) == (True, [])


async def test_F21_a_form_that_falls_silent_is_ended(client, bearer, kept):
    reader, writer = await asyncio.open_connection(client.host, client.port)
    body = HEAD + b"\r\nid;n\r\n"
    lines = [f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: {bearer()['Authorization']}"]
    lines += [f"Content-Type: {FORM['Content-Type']}", "Content-Length: 9999", "Connection: close", "", ""]
    writer.write("\r\n".join(lines).encode() + body)

    status = re.match(rb"HTTP/1\.. (\d+)", await reader.read(4_096))[1]
    writer.close()

    assert (status, kept()) == (b"408", [])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(min_size=1, max_size=300) | st.sampled_from([b"\r\n--b", b"\r\n", b"--", b"x\r\n\r\n--"]))
def test_any_bytes_come_through_a_form_exactly(site, content, bytes_of):
    assert bytes_of(content) == content


@pytest.fixture
def bytes_of(site):
    """Send bytes through a form to a hub of this site, in a loop of their own; gives what it read."""

    def sent(content):
        async def story():
            async def handler(request):
                came = await receiving.received(site, request, ("text/csv",))
                return web.Response(body=came.content)

            app = web.Application()
            app.router.add_post("/", handler)
            async with TestClient(TestServer(app)) as client:
                return await (await client.post("/", data=form(content))).read()

        return asyncio.run(story())

    return sent


async def test_F26_a_workbook_that_unpacks_to_too_much_is_told_before_it_is_handed_in(client, bearer, site):

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 40_000_000)
    answer = await client.post(f"{PATH}/validations", data=form(packed.getvalue(), "a.xlsx"), headers=bearer())
    told = await answer.json()

    assert (answer.status, told["good"]) == (200, False)
    assert [each["code"] for each in told["errors"]] == ["sheet.bomb"]


async def test_a_workbook_comes_through_a_form(upload, kept):
    content = write_rows("xlsx", [{"id": "1"}]).content

    status, _ = await upload(form(content, "a.xlsx", "application/octet-stream"))

    assert (status, kept()) == (202, [(SHEET, len(content))])
