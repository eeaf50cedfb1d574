"""How an answer may travel badly: each fault ends in one of the four errors, and says so without a person."""

import json

import pytest

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.settings import Caps, ClientCredentials, HttpSettings, Repeats, Timeouts, Tls
from patto_connectors.soap import SoapSettings, open_soap
from patto_connectors.testing.fake import Said

CANARY = "RSSMRA80A01H501U"
ONCE = Repeats(attempts=1)
_UNWRITABLE = {*map(chr, range(32)), "\ufffe", "\uffff"} - {"\t", "\n"}
"""What XML 1.0 has no way to write, and the return that it reads as a line's end."""
ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    '<t:trovati xmlns:t="urn:prova:anagrafe:tipi"><t:Elenchi>perché</t:Elenchi></t:trovati>'
    "</e:Body></e:Envelope>"
)
LATIN = '<?xml version="1.0" encoding="ISO-8859-1"?>' + ENVELOPE
UTF16 = '<?xml version="1.0" encoding="UTF-16"?>' + ENVELOPE


async def test_F20_a_service_that_is_down_is_unreachable(clock, unused_tcp_port, wsdl):
    http = HttpSettings(base_url=f"http://127.0.0.1:{unused_tcp_port}", repeats=ONCE)

    async with open_soap(SoapSettings(http=http, wsdl=wsdl)) as client:
        with pytest.raises(Unreachable) as caught:
            await client.call("cerca", CodiceFiscale=CANARY)

    assert caught.value.code == "tcp"


async def test_F20_a_reset_connection_is_not_tried_again_where_a_repeat_may_harm(calling, fake):
    fake.faults.order("disconnect")

    async with calling(harmless=()) as client:
        with pytest.raises(Unreachable) as caught:
            await client.call("deposita", Scheda="x")

    assert (caught.value.code, len(fake.asked)) == ("http.disconnected", 1)


async def test_F21_a_hanging_answer_ends_by_the_read_timeout(trouble_of, fake):
    fake.faults.order("hang", times=None)

    trouble = await trouble_of(timeouts=Timeouts(read=0.2), repeats=ONCE)

    assert (type(trouble), trouble.code) == (Unreachable, "http.timeout")


async def test_F22_a_trickling_answer_ends_by_the_minimum_rate(trouble_of, fake):
    fake.faults.order("loris", option="10", times=None)

    trouble = await trouble_of(repeats=ONCE)

    assert (type(trouble), trouble.code) == (Unreachable, "http.too_slow")


@pytest.mark.parametrize("fault", ["truncated", "truncated_close"])
async def test_F23_a_truncated_answer_is_seen_with_and_without_its_length(trouble_of, fake, fault):
    fake.faults.order(fault, times=None)

    trouble = await trouble_of()

    assert (type(trouble), trouble.code) == (Unreachable, "http.truncated")
    assert len(fake.asked) == 2


async def test_F23_every_cut_of_an_answer_is_seen(fake, calling):
    whole = ENVELOPE.encode()
    cuts = iter(range(len(whole)))
    fake.answering("/raw", lambda *_: Said(whole[: next(cuts)], "text/xml"))

    async with calling(path="raw", repeats=ONCE) as client:
        for _ in range(len(whole)):
            with pytest.raises(Malformed) as caught:
                await client.call("cerca", CodiceFiscale="x")
            assert caught.value.code == "xml.syntax"


async def test_F24_a_web_page_is_told_as_that_and_kept_redacted(trouble_of, fake):
    fake.faults.order("html")

    trouble = await trouble_of()

    assert trouble.code == "http.html"
    assert b"Manutenzione" in trouble.content
    assert CANARY.encode() not in trouble.content


@pytest.mark.parametrize("named", ["klingon", "utf-8"])
async def test_F25_a_lying_charset_is_malformed(trouble_of, fake, table, named):
    table["cerca"] = lambda _: {"Persona": [{"Cognome": "perch", "Comune": "x"}]}
    fake.faults.order("charset", option=named)

    trouble = await trouble_of()

    assert type(trouble) is Malformed
    assert trouble.code == ("http.charset" if named == "klingon" else "xml.syntax")


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (ENVELOPE.encode(), "text/xml"),
        (b"\xef\xbb\xbf" + ENVELOPE.encode(), "text/xml"),
        (ENVELOPE.encode(), 'text/xml; charset="UTF-8"'),
        (ENVELOPE.encode(), "text/xml; charset=us-ascii"),
        (ENVELOPE.encode("latin-1"), "text/xml;charset=ISO-8859-1"),
        (LATIN.encode("latin-1"), "text/xml"),
        (LATIN.encode("latin-1"), "text/xml; charset=latin1"),
        (UTF16.encode("utf-16"), "application/xml; charset=utf-16"),
        (UTF16.encode("utf-16"), "text/plain"),
        (ENVELOPE.encode("utf-16"), "text/xml"),
    ],
)
async def test_F25_an_answer_is_read_as_it_says_itself(fake, calling, body, media_type):
    fake.answering("/raw", lambda *_: Said(body, media_type))

    async with calling(path="raw") as client:
        found = await client.call("cerca", CodiceFiscale="x")

    assert found["Elenchi"] == ["perché"]


@pytest.mark.parametrize(
    ("body", "media_type", "code"),
    [
        (LATIN.encode("latin-1"), "text/xml; charset=utf-8", "http.charset"),
        (ENVELOPE.encode("latin-1"), "text/xml", "xml.syntax"),
        (LATIN.encode(), "text/xml; charset=windows-1252", "http.charset"),
        (ENVELOPE.encode("utf-16-le"), "text/xml; charset=utf-16", "xml.encoding"),
    ],
)
async def test_F25_header_and_document_must_agree(trouble_of, fake, body, media_type, code):
    fake.answering("/raw", lambda *_: Said(body, media_type))

    trouble = await trouble_of(path="raw")

    assert (type(trouble), trouble.code) == (Malformed, code)


@pytest.mark.parametrize("caps", [Caps(), Caps(decoded=1024 * 1024)])
async def test_F26_a_bomb_is_cut_at_ratio_and_cap(trouble_of, fake, caps):
    fake.faults.order("gzip_bomb")

    trouble = await trouble_of(caps=caps)

    assert trouble.code in ("http.ratio", "http.too_large")


async def test_F27_an_endless_answer_is_cut_at_the_cap(trouble_of, fake):
    fake.faults.order("endless")

    trouble = await trouble_of(caps=Caps(decoded=1024 * 1024))

    assert trouble.code == "http.too_large"


@pytest.mark.parametrize(
    ("fault", "code"),
    [("malformed", "http.malformed"), ("header_bomb", "http.malformed"), ("redirect", "http.redirect")],
)
async def test_F28_what_breaks_the_rules_of_http_ends_cleanly(trouble_of, fake, fault, code):
    fake.faults.order(fault)

    trouble = await trouble_of()

    assert trouble.code == code
    assert len(fake.asked) == 1


@pytest.mark.parametrize(("name", "code"), [("127.0.0.1", "tls.untrusted"), ("altro.example", "tls.name")])
async def test_F29_a_certificate_that_nobody_vouches_for_is_refused(  # noqa: PLR0917
    trouble_of, fake, tls_of, ca_file, name, code
):
    tls = Tls(ca_file=ca_file) if code == "tls.name" else Tls()

    trouble = await trouble_of(serving=tls_of(name), tls=tls)

    assert (type(trouble), trouble.code) == (Refused, code)
    assert not fake.asked


async def test_F47_a_worn_token_is_renewed_and_the_call_made_again(fake, wsdl):
    desk = fake.tokens("/token", uses=2)

    async with fake.running() as url:
        auth = ClientCredentials(token_url=f"{url}/token", client_id="us", client_secret="canary")
        http = HttpSettings(base_url=url, auth=auth, repeats=Repeats(attempts=2))
        async with open_soap(SoapSettings(http=http, path="ws/Anagrafe11", wsdl=wsdl), harmless={"cerca"}) as client:
            answers = [await client.call("cerca", CodiceFiscale="x") for _ in range(5)]

    assert [len(answer["Persona"]) for answer in answers] == [1] * 5
    assert desk.given == 3


@pytest.mark.shared
async def test_F38_odd_texts_go_there_and_back_exactly(fake, calling, table, shared):
    naughty = json.loads((shared / "bad_input/naughty_strings/blns.json").read_bytes())
    texts = [text for text in naughty if not (_UNWRITABLE & set(text)) and text.strip()]
    heard = []
    table["deposita"] = lambda asked: (
        heard.append(asked["Scheda"]) or {"Esito": "OK", "MessaggioErrore": asked["Scheda"]}
    )

    async with calling() as client:
        found = [(await client.call("deposita", Scheda=text))["MessaggioErrore"] for text in texts]

    assert len(texts) > 480
    assert heard == texts
    assert found == texts
