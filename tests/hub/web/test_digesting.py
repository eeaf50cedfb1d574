from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from patto_hub.feeds import digests, views
from patto_hub.ledger import audiences
from patto_hub.testing.subscribed import wholes
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
FEED = f"{BASE}/feeds/pacts"
TODAY = datetime(2026, 3, 31, 9, 0, tzinfo=UTC)
TIMES = (
    datetime(2026, 3, 28, 12, tzinfo=UTC),
    datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC),  # 23:59:59 in Italy
    datetime(2026, 3, 28, 23, tzinfo=UTC),  # midnight: the 29th, on which summer time begins
    datetime(2026, 3, 29, 21, 59, 59, tzinfo=UTC),  # 23:59:59 in summer time
    datetime(2026, 3, 29, 22, tzinfo=UTC),
)


@pytest.fixture
def site(make_site, world):
    return make_site(world=replace(world, now=lambda: TODAY))


@pytest.fixture
def pacts(ledger, say):
    for at in TIMES:
        seq = say("pact", PACT, to=[2])
        ledger.write_now(_recorded, seq, int(at.timestamp() * 1000))


def _recorded(connection, seq, at):
    connection.exec_driver_sql("UPDATE change SET at = ? WHERE seq = ?", (at, seq))


async def told(client, url, status=200, **params):
    answer = await client.get(url, params=params)
    body = await answer.json()
    assert answer.status == status, body
    return body


def of(*names):
    return sha256("".join(f"{name}\t1\n" for name in sorted(names)).encode()).hexdigest()


@pytest.mark.parametrize(("day", "count"), [("2026-03-27", 0), ("2026-03-28", 2), ("2026-03-29", 4), ("2026-03-30", 5)])
async def test_a_days_digest_is_of_what_was_held_when_the_day_ended_in_italy(client, pacts, day, count):
    body = await told(client, f"{FEED}/digests/{day}")

    assert (body["count"], body["sha256"]) == (count, of(*(f"pact-{n}" for n in range(1, count + 1))))
    assert body["waiting"] == 5 - count
    rest = await told(client, f"{FEED}/changes", cursor=body["cursor"])
    assert [item["id"] for item in rest["items"]] == [f"pact-{n}" for n in range(count + 1, 6)]


async def test_a_days_digest_stays_what_it_was(client, pacts, say, ledger):
    first = await told(client, f"{FEED}/digests/2026-03-29")
    gone = say("pact", None, to=[2], op="withdraw", head=1)
    ledger.write_now(audiences.forget, 2, [1], gone)

    assert (await told(client, f"{FEED}/digests/2026-03-29"))["sha256"] == first["sha256"]
    fresh = await told(client, f"{FEED}/digests/2026-03-28")
    assert (fresh["count"], fresh["unsure"]) == (1, 1)


@pytest.mark.parametrize("day", ["2026-03-31", "2026-04-01", "9999-12-31", "0001-01-01"])
async def test_a_day_that_is_not_over_has_no_digest(client, pacts, day):
    body = await told(client, f"{FEED}/digests/{day}", status=404)

    assert body["code"] == "not-found"
    assert "sha256" not in body


async def test_the_days_are_listed_back_to_the_first(client, pacts):
    days, link = [], f"{FEED}/digests?limit=2"
    while link:
        page = await told(client, link)
        days += [each["day"] for each in page["items"]]
        link = page["_links"]["next"]["href"] if page["has_more"] else None

    assert days == ["2026-03-30", "2026-03-29", "2026-03-28"]
    assert (await told(client, page["items"][0]["href"]))["count"] == 2


async def test_the_digest_at_a_cursor_is_of_what_was_read_up_to_there(client, pacts):
    page = await told(client, f"{FEED}/changes", limit=3)

    body = await told(client, f"{FEED}/digest", cursor=page["next_cursor"])

    assert (body["count"], body["waiting"], body["cursor"]) == (3, 2, page["next_cursor"])
    assert body["sha256"] == of("pact-1", "pact-2", "pact-3")
    assert (await told(client, f"{FEED}/digest"))["sha256"] == of(*(f"pact-{n}" for n in range(1, 6)))


async def test_buckets_narrow_down_to_records(client, pacts):
    body = await told(client, f"{FEED}/digest", detail="buckets")
    names = [each["bucket"] for each in body["buckets"]]
    narrow = await told(client, f"{FEED}/digest", records=",".join(names))

    assert names == sorted({sha256(f"pact-{n}".encode()).hexdigest()[:2] for n in range(1, 6)})
    assert narrow["records"] == [{"id": f"pact-{n}", "version": 1} for n in range(1, 6)]
    assert "buckets" not in narrow


@pytest.mark.parametrize(
    "params", [{"records": "3F"}, {"records": "3"}, {"records": ",".join(["00"] * 17)}, {"detail": "all"}]
)
async def test_a_wrong_question_is_refused(client, pacts, params):
    body = await told(client, f"{FEED}/digest", status=400, **params)

    assert body["code"] == "params-invalid"
    assert [each["pointer"] for each in body["errors"]] == [f"/{name}" for name in params]


async def test_F80_a_digest_at_a_forged_or_misplaced_cursor_is_refused(client, pacts):
    inside = (await told(client, f"{FEED}/snapshot", limit=1))["next_cursor"]

    assert (await told(client, f"{FEED}/digest", status=400, cursor=inside))["type"].endswith("cursor-misplaced")
    assert (await told(client, f"{FEED}/digest", status=400, cursor="x"))["type"].endswith("cursor-forged")


@pytest.mark.parametrize("day", ["0", "ieri", "2026-02-30", "2026-3-1", "2026-03-01T00:00:00"])
async def test_a_day_is_written_as_a_day(client, pacts, day):
    told_why = await told(client, f"{FEED}/digests/{day}", status=400)
    await told(client, f"{FEED}/digests", status=400, before=day)

    assert [(each["pointer"], each["example"]) for each in told_why["errors"]] == [("/day", "2026-11-25")]


def test_F84_a_digest_holds_the_lines_in_memory_and_nothing_of_the_records(ledger, say):
    def peak():
        tracemalloc.start()
        ledger.read_now(digests.make, asked, 10_000)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    asked = digests.Asked(subscription=wholes(["cpi"], views.FEEDS)["cpi", "pacts"], organisations=[2])
    for _ in range(50):
        say("pact", {**PACT, "more": "x" * 20_000}, to=[2])
    peak()

    assert peak() < 200_000 < 50 * 20_000
