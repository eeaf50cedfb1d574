import json
import socket

import aiohttp
import pytest

from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_connectors.testing.fake import CONTROL, FakePartner
from patto_connectors.testing.faults import CONTENT, WIRE
from patto_connectors.testing.pages import Page, Store, ready_pages

ROWS = [b'{"id":%d,"n":"x"}' % number for number in range(10)]


@pytest.fixture(autouse=True)
def clock():
    clock = StillClock()
    token = WORLD.set(clock.world())
    yield clock
    WORLD.reset(token)


@pytest.fixture
def fake():
    fake = FakePartner(seed=3)
    fake.listing("/rows", lambda _: Page(rows=ROWS))
    return fake


@pytest.fixture
async def session():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
        yield session


async def _items(session, url):
    async with session.get(f"{url}/rows") as response:
        return (await response.json())["items"]


async def test_it_listens_on_this_machine_only(fake):
    async with fake.running() as url:
        assert url.startswith("http://127.0.0.1:")


async def test_taken_port_is_told(fake):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            async with fake.running(taken.getsockname()[1]):
                pass


async def test_fault_happens_as_often_as_ordered(fake, session):
    fake.faults.order("unavailable", times=2, after=1)

    async with fake.running() as url:
        statuses = []
        for _ in range(5):
            async with session.get(f"{url}/rows") as response:
                statuses.append(response.status)

    assert statuses == [200, 503, 503, 200, 200]
    assert fake.faults.happened == ["unavailable", "unavailable"]


async def test_fault_meets_its_path_only(fake, session):
    fake.listing("/other", lambda _: Page(rows=ROWS))
    fake.faults.order("error", path="/oth*")

    async with fake.running() as url:
        assert len(await _items(session, url)) == 10
        async with session.get(f"{url}/other") as response:
            assert response.status == 500


def test_unknown_fault_is_not_on_the_menu():
    with pytest.raises(ValueError, match="no such fault; choose from"):
        FakePartner().faults.order("eartquake")


async def test_faults_are_ordered_over_http(fake, session):
    async with fake.running() as url:
        async with session.post(url + CONTROL, json={"fault": "error", "times": None}) as response:
            assert response.status == 201
        async with session.get(url + CONTROL) as response:
            told = await response.json()
        async with session.get(f"{url}/rows") as response:
            assert response.status == 500
        await session.delete(url + CONTROL)
        assert len(await _items(session, url)) == 10

    assert told["orders"] == [{"fault": "error", "path": "*", "times": None}]
    assert set(told["menu"]) == {*CONTENT, *WIRE}


@pytest.mark.parametrize("wish", [{"fault": "earthquake"}, {}, [], {"fault": "error", "after": "x"}])
async def test_senseless_order_is_refused(fake, session, wish):
    async with fake.running() as url, session.post(url + CONTROL, json=wish) as response:
        assert response.status == 400


@pytest.mark.parametrize("name", sorted(CONTENT))
async def test_every_content_fault_spoils_a_page(fake, session, name):
    async with fake.running() as url:
        async with session.get(f"{url}/rows") as response:
            good = await response.read()
        fake.faults.order(name, option="n")
        async with session.get(f"{url}/rows") as response:
            assert response.status == 200
            assert await response.read() != good


@pytest.mark.parametrize("name", sorted(set(WIRE) - {"slow", "loris"}))
async def test_every_wire_fault_spoils_an_answer(fake, session, name):
    fake.faults.order(name, times=None)

    async with fake.running() as url:
        with pytest.raises((aiohttp.ClientError, TimeoutError, ValueError, LookupError, AssertionError)):
            await _read_within(session, url, 0.2)


async def _read_within(session, url, seconds):
    async with session.get(f"{url}/rows", timeout=aiohttp.ClientTimeout(total=seconds)) as response:
        assert response.status == 200
        await response.json()


@pytest.mark.parametrize("name", ["slow", "loris"])
async def test_slow_answers_take_their_time_and_are_whole(fake, session, clock, name):
    fake.faults.order(name, option="3")

    async with fake.running() as url:
        assert len(await _items(session, url)) == 10

    assert clock.passed >= 3


async def test_same_seed_spoils_the_same_way(session):
    async def shuffled():
        fake = FakePartner(seed=5)
        fake.listing("/rows", lambda _: Page(rows=ROWS))
        fake.faults.order("shuffled")
        async with fake.running() as url:
            return await _items(session, url)

    assert await shuffled() == await shuffled()


async def test_ready_bytes_can_be_spoiled_too(session):
    fake = FakePartner()
    fake.listing("/rows", ready_pages(ROWS, 4))
    fake.faults.order("duplicates")

    async with fake.running() as url:
        assert len(await _items(session, url)) == 8
        assert len(await _items(session, url)) == 4


async def test_hanging_answers_do_not_hold_the_partner_up(fake, session):
    fake.faults.order("hang")

    async with fake.running() as url:
        response = await session.get(f"{url}/rows")

    with pytest.raises(aiohttp.ClientError):
        await response.read()


def _read(store, size, **query):
    rows, cursor = [], None
    while True:
        page = store.page({**query, **({"cursor": cursor} if cursor else {})}, size=size)
        rows += page.rows
        if page.next is None:
            return rows
        cursor = page.next


def test_store_gives_all_rows_in_the_order_of_change():
    store = Store()
    for number in (3, 1, 2):
        store.put(f"k{number}", f"2026-01-0{number}T00:00:00Z", b"%d" % number)
    store.put("k1", "2026-01-09T00:00:00Z", b"9")
    store.drop("k3")

    assert _read(store, 1) == [b"2", b"9"]
    assert _read(store, 5, modified_since="2026-01-03") == [b"9"]


def test_cursor_holds_while_rows_move():
    store = Store()
    for number in range(6):
        store.put(f"k{number}", f"2026-01-0{number + 1}T00:00:00Z", b"%d" % number)
    first = store.page({}, size=2)
    store.put("k0", "2026-02-01T00:00:00Z", b"new")

    second = store.page({"cursor": first.next}, size=9)

    assert second.rows == [b"2", b"3", b"4", b"5", b"new"]


def test_ready_pages_hold_every_row_once():
    page_of = ready_pages(ROWS, 3)
    rows, cursor = [], "0"
    while cursor is not None:
        page = json.loads(page_of({"cursor": cursor}))
        rows += page["items"]
        cursor = page["next_cursor"]

    assert rows == [json.loads(row) for row in ROWS]
