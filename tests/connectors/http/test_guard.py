import asyncio
import errno
import json
import socket
from contextlib import asynccontextmanager, suppress
from ipaddress import ip_address

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver
from hypothesis import given
from hypothesis import strategies as st

import patto_connectors.webhook.sender as sender_module
from patto_connectors.errors import Refused
from patto_connectors.http.guard import PUBLIC, Barred, GuardedResolver, Rules, guarded, judged, may_dial, networks
from patto_connectors.webhook import Message, Outcome, Target, open_sender
from patto_connectors.webhook.keys import SharedKey

MESSAGE = Message("m1", b"{}")
KEYS = (SharedKey(bytes(32)),)
PREMISES = Rules(allow=networks(["10.20.0.0/16", "fd00:20::/32"]))
OPEN = "93.184.215.14"
OPEN_6 = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Names(AbstractResolver):
    """A resolver whose answers are given: for each name a list of answers, the last of which stays."""

    def __init__(self, answers=None, default=()):
        self.answers = answers or {}
        self.default = default
        self.asked = []

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
        self.asked.append(host)
        left = self.answers.get(host, [self.default])
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        return [
            {"hostname": host, "host": each, "port": port, "family": family, "proto": 0, "flags": 0} for each in found
        ]

    async def close(self):
        pass


@asynccontextmanager
async def _listening():
    """Listen on this machine; gives the port, and the list of connections that came."""
    came = []

    def connected(_reader, writer):
        came.append(writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], came


async def _send(url, rules=PUBLIC, resolver=None, world=None):
    async with open_sender(world, rules, resolver=resolver or Names()) as sender:
        return await sender.send(MESSAGE, Target("ambito", url, KEYS))


@pytest.fixture
def world(clock):
    return clock.world()


@pytest.fixture
def dialled(monkeypatch):
    """Record what would be handed to the operating system to be dialled, instead of dialling."""
    found = []

    def recording(*args, **settings):
        connector = guarded(*args, **settings)
        judge = connector._socket_factory

        def note(target):
            judge(target).close()
            found.append(target[4][:2])
            raise ConnectionRefusedError(errno.ECONNREFUSED, "recorded")

        connector._socket_factory = note
        return connector

    monkeypatch.setattr(sender_module, "guarded", recording)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.7",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "100::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2002:a9fe:a9fe::",
        "2606:2800::5efe:127.0.0.1",
        "2606:2800::200:5efe:10.0.0.1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        f"{OPEN_6}%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_F76_what_is_not_public_is_not_dialled(text):
    assert not may_dial(ip_address(text))


@pytest.mark.parametrize(
    "text", [OPEN, "8.8.8.8", "172.32.0.1", OPEN_6, f"::ffff:{OPEN}", f"64:ff9b::{OPEN}", "2002:808:808::1"]
)
def test_what_is_public_is_dialled(text):
    assert may_dial(ip_address(text))


@pytest.mark.parametrize("text", ["10.20.3.4", "::ffff:10.20.3.4", "fd00:20::7"])
def test_a_listed_network_is_dialled(text):
    assert may_dial(ip_address(text), PREMISES)
    assert may_dial(ip_address(text), PREMISES, listed=True)


@pytest.mark.parametrize("text", ["10.21.0.1", "127.0.0.1", "fd00:21::1", "2002:a14:304::", "fd00:20::7%eth0"])
def test_a_listing_opens_nothing_beside_it(text):
    assert not may_dial(ip_address(text), PREMISES)


def test_a_public_address_does_not_pass_where_only_the_list_counts():
    assert not may_dial(ip_address(OPEN), PREMISES, listed=True)


@given(st.ip_addresses(v=4))
def test_F76_a_dress_changes_no_judgement(address):
    dressed = ip_address(f"::ffff:{address}"), ip_address(f"64:ff9b::{address}")

    assert {may_dial(each) for each in dressed} == {may_dial(address)}


@given(st.ip_addresses())
def test_nothing_passes_that_python_calls_private(address):
    assert address.is_global or not may_dial(address)


ODD = [
    "https://2130706433/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://127.0.0.1./",
    "https://127.0.0.0x1/",
    "https://0/",
    "https://0x/",
    "https://1.2.3.4.5/",
    "https://256.256.256.256/",
    "https://08.8.8.8/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[::1%250]/",
    "https://\uff11\uff12\uff17.0.0.1/",  # full-width digits
    "https://127\u30020\u30020\u30021/",  # ideographic full stops
    "https://\u2460\u2461\u2466.0.0.1/",  # circled digits
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1%2f@good.example/",
    "https://good.example\\@127.0.0.1/",
    "https:\\\\127.0.0.1/",
    "https://good.example%00.evil.example/",
    "https://good.example@127.0.0.1/",
    "https://good.example:pass@127.0.0.1/",
    "https://@127.0.0.1/",
    "https://127.0.0.1#@good.example/",
    "https://good.example/#part",
    "https://127.0.0.1\t/",
    "https://127.0\n.0.1/",
    " https://good.example/",
    "https://good.example /",
    "https://good.exa\u200bmple:x/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://intern.localhost/",
    "https://loc\u0430lhost/",  # a Cyrillic letter
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.home.arpa/",
    "https://intranet/",
    "https:///path",
    "https://",
    "https:good.example",
    "https:/good.example",
    "//good.example/",
    "good.example/hook",
    "http://good.example/",
    "http://good.example:443/",
    "ftp://good.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:25/",
    "javascript:alert(1)",
    "https://good.example:22/",
    "https://good.example:80/",
    "https://good.example:0/",
    "https://good.example:99999/",
    "https://good.example:443x/",
    "https://-a-.example:25/",
    "https://a..b.example/",
    "https://.example/",
    "https://a_b.example:8080/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://good.example/" + "a" * 2_100,
    "https://[::1",
    "https://[v1.fe80::a]/",
    "https://good.example]/",
    "https://good<.example/",
    "https://xn--/",
    "https://xn--pokxncvks.example/",  # decodes to what encodes otherwise
    "",
]


@pytest.mark.parametrize("text", ODD)
async def test_F76_odd_notations_are_refused_and_nothing_is_dialled(text, world, dialled):
    names = Names(default=[OPEN])
    answer = await _send(text, resolver=names, world=world)

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "webhook.address")
    assert (names.asked, dialled) == ([], [])


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("https://eventi.ambito.example/patto", "eventi.ambito.example"),
        ("https://eventi.ambito.example.:8443/a?b=c", "eventi.ambito.example."),
        ("HTTPS://EVENTI.Ambito.EXAMPLE/", "eventi.ambito.example"),
        ("https://citt\u00e0.example/", "xn--citt-3na.example"),
        ("https://a_b.example/x@y", "a_b.example"),
        (f"https://{OPEN}/", OPEN),
        (f"https://[{OPEN_6}]:443/", OPEN_6),
    ],
)
def test_good_addresses_are_taken_with_the_host_that_will_be_asked_for(text, host):
    found = judged(text)

    assert (found.url.raw_host, found.listed) == (host, False)


@pytest.mark.parametrize("text", ["http://10.20.1.1:8080/", "http://sil/hook", "https://sil.local:4000/"])
def test_addresses_of_the_premises_depend_on_the_list(text):
    assert judged(text, PREMISES).listed


@pytest.mark.parametrize(
    "text", ["http://good.example/", "http://good.example:443/", "https://good.example:25/", "https://sil/"]
)
async def test_a_public_address_without_tls_or_on_another_port_is_not_dialled(text, world, dialled):
    answer = await _send(text, PREMISES, Names(default=[OPEN]), world)

    assert answer.code == "webhook.address"
    assert dialled == []


async def test_a_listed_address_is_dialled_by_name(world, dialled):
    answer = await _send("http://sil.local:8080/", PREMISES, Names(default=["10.20.7.7"]), world)

    assert answer.code == "tcp"
    assert dialled == [("10.20.7.7", 8080)]


@pytest.mark.parametrize("found", [["127.0.0.1"], [OPEN, "10.0.0.1"], ["::1"], ["fe80::1%eth0"], ["localhost"]])
async def test_F76_a_name_that_leads_inside_is_refused_whole(found, world, dialled):
    answer = await _send("https://127.0.0.1.nip.example/", resolver=Names(default=found), world=world)

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "webhook.address")
    assert dialled == []


async def test_what_was_judged_is_what_is_dialled(world, dialled):
    await _send("https://good.example/", resolver=Names(default=[OPEN, OPEN_6]), world=world)

    assert sorted(dialled) == sorted([(OPEN, 443), (OPEN_6, 443)])


async def test_F76_a_name_that_turns_private_later_is_refused_when_it_is_dialled(world):
    async with _listening() as (port, came):
        names = Names({"rebind.example": [[OPEN], ["127.0.0.1"]]})
        rules = Rules(ports=frozenset({port}))
        first = await GuardedResolver(names, rules, listed=False).resolve("rebind.example", port)
        answer = await _send(f"https://rebind.example:{port}/", rules, names, world)

    assert [each["host"] for each in first] == [OPEN]
    assert (answer.outcome, answer.code) == (Outcome.FAILED, "webhook.address")
    assert names.asked == ["rebind.example", "rebind.example"]
    assert came == []


async def test_F76_a_kept_answer_does_not_outlive_its_connection(world, dialled):
    names = Names({"rebind.example": [[OPEN], ["127.0.0.1"]]})
    async with open_sender(world, PUBLIC, resolver=names) as sender:
        target = Target("ambito", "https://rebind.example/", KEYS)
        answers = [await sender.send(MESSAGE, target) for _ in range(2)]

    assert [answer.code for answer in answers] == ["tcp", "webhook.address"]
    assert dialled == [(OPEN, 443)]


async def test_F76_the_socket_is_the_last_door_for_addresses_that_no_resolver_sees():
    async with _listening() as (port, came), aiohttp.ClientSession(connector=guarded(PUBLIC)) as session:
        with pytest.raises(aiohttp.ClientConnectorError) as caught:
            await session.post(f"http://127.0.0.1:{port}/")

    assert isinstance(caught.value.os_error, Barred)
    assert came == []


async def test_F76_the_socket_refuses_what_an_unguarded_resolver_gives(world, monkeypatch):
    async with _listening() as (port, came):

        def unguarded(*args, **settings):
            connector = guarded(*args, **settings)
            connector._resolver = Names(default=["127.0.0.1", "::1", "127.0.0.2"])
            return connector

        monkeypatch.setattr(sender_module, "guarded", unguarded)
        answer = await _send(f"https://good.example:{port}/", Rules(ports=frozenset({port})), world=world)

    assert (answer.outcome, answer.code) == (Outcome.FAILED, "webhook.address")
    assert came == []


async def test_a_name_is_never_handed_to_the_socket():
    connector = guarded(PUBLIC)
    try:
        with pytest.raises(Barred):
            connector._socket_factory((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("localhost", 443)))
    finally:
        await connector.close()


async def test_a_name_that_is_unknown_is_for_later(world):
    answer = await _send("https://unknown.example/", world=world)

    assert (answer.outcome, answer.code) == (Outcome.WAIT, "dns")


def test_a_refusal_quotes_neither_path_nor_password():
    with pytest.raises(Refused) as caught:
        judged("https://user:secret@127.0.0.1/RSSMRA80A01H501U")

    assert "secret" not in caught.value.detail
    assert "RSSMRA" not in caught.value.detail


@pytest.mark.parametrize("text", ["10.20.0.1/16", "10.20", "good.example"])
def test_a_network_that_is_none_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - `ipaddress` words it
        networks([text])


@given(st.text() | st.from_regex(r"https://[^/]{0,40}/"))
def test_whatever_is_written_is_judged_or_refused(text):
    with suppress(Refused):
        assert judged(text).url.raw_host


@pytest.mark.shared
@pytest.mark.parametrize(("rules", "least"), [(PUBLIC, 3), (Rules(allow=networks(["0.0.0.0/0", "::/0"])), 70)])
async def test_F76_over_the_url_corpus_what_was_judged_is_what_is_dialled(shared, world, dialled, rules, least):
    content = (shared / "bad_input/url/tests/wpt/urltestdata.json").read_text("utf-8")
    cases = [case for case in json.loads(content) if isinstance(case, dict)]
    refused = reached = 0

    for index, case in enumerate(cases):
        text, address = case["input"], str(ip_address("93.184.0.0") + index)
        dialled.clear()
        names = Names(default=[address])
        answer = await _send(text, rules, names, world)
        if answer.code == "webhook.address":
            assert dialled == [], text
            refused += 1
            continue
        url = judged(text, rules).url
        assert answer.code == "tcp", text
        assert dialled == [(address if names.asked == [url.raw_host] else url.raw_host, url.port)], text
        assert case.get("failure") or case["hostname"].strip("[]") == url.raw_host, text
        reached += 1

    assert refused + reached == len(cases) == 891
    assert reached >= least
