import json
import re

import pytest
from aiohttp import web

from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.http.settings import Caps, Repeats
from patto_connectors.rest.settings import (
    CursorPages,
    FailureFlag,
    LinkPages,
    NextUrlPages,
    NumberedPages,
    OffsetPages,
    OnePage,
    ReadLimits,
    Since,
)
from patto_connectors.testing.pages import Page

ALL = [f"p{number}" for number in range(10)]
SINCE = Since(overlap=60)


def _row(number):
    return json.dumps({"id": f"p{number}", "modified_at": f"2026-01-01T00:{number:02}:00Z"}).encode()


async def test_every_page_is_read_in_order(read, store):
    reading = await read()

    assert reading.trouble is None
    assert reading.keys == ALL
    assert [len(batch.rows) for batch in reading.batches] == [3, 3, 3, 1]
    assert reading.batches[1].name == "page 2"
    assert reading.batches[1].position(2) == "$.items[2]"


async def test_content_holds_the_bytes_as_they_came(read, store):
    reading = await read(size=10)

    assert json.loads(reading.batches[0].content)["items"] == reading.rows
    assert all(row in reading.batches[0].content for row in reading.batches[0].rows)


async def test_trap_14_a_page_is_kept_as_the_very_bytes_that_came(read, fake):
    wire = b'{ "items" : [ {"id":"p1",\t"a":1.50, "n":"Forl\\u00ec"} ]\r\n, "next":null }\n'

    async def answer(request):
        return web.Response(body=wire, content_type="application/json")

    fake.app.router.add_get("/pacts", answer)

    reading = await read(pages=OnePage())

    assert [batch.content for batch in reading.batches] == [wire]
    assert reading.batches[0].rows == [b'{"id":"p1",\t"a":1.50, "n":"Forl\\u00ec"}']


async def test_run_goes_on_from_the_page_after_the_last_kept_one(read, store):
    first = await read()

    second = await read(first.batches[1].cursor)

    assert second.keys == ALL[6:]


async def test_finished_listing_starts_over(read, store):
    first = await read()

    second = await read(first.cursor)

    assert second.keys == ALL


async def test_only_what_changed_is_asked_for(read, store, fake):
    first = await read(since=SINCE)

    second = await read(first.cursor, since=SINCE)

    assert first.cursor == {"since": "2026-01-01T00:09:00Z"}
    assert fake.asked[-1].query["modified_since"] == "2026-01-01T00:08:00Z"
    assert second.keys == ["p8", "p9"]


async def test_filter_stays_the_same_for_all_pages_of_a_run(read, store, fake):
    await read({"since": "2026-01-01T00:05:00Z"}, since=SINCE)

    assert {asked.query["modified_since"] for asked in fake.asked} == {"2026-01-01T00:04:00Z"}


async def test_forgotten_page_starts_the_run_over_from_its_filter(read, store, fake):
    kept = {"since": "2026-01-01T00:05:00Z", "high": "2026-01-01T00:07:00Z", "step": {"cursor": "%%%"}}

    reading = await read(kept, since=SINCE)

    assert reading.keys == ALL[4:]


async def test_a_listing_gone_on_with_is_next_asked_from_where_it_was_interrupted(read, store):
    first = await read(since=SINCE)

    second = await read(first.batches[0].cursor, since=SINCE)

    assert second.keys == ALL[3:]
    assert second.cursor == {"since": "2026-01-01T00:02:00Z"}, "rows that appeared meanwhile are a little below this"


async def test_a_listing_interrupted_twice_is_next_asked_from_the_first_time(read, store):
    first = await read(since=SINCE)
    second = await read(first.batches[0].cursor, since=SINCE)

    third = await read(second.batches[0].cursor, since=SINCE)

    assert third.cursor == {"since": "2026-01-01T00:02:00Z"}


@pytest.mark.parametrize(("pages", "first"), [(OffsetPages(), ("offset", "0")), (NumberedPages(), ("page", "1"))])
async def test_a_listing_that_counts_its_rows_starts_over_after_an_interruption(read, store, fake, pages, first):
    name, value = first

    await read({"since": "2026-01-01T00:05:00Z", "step": {name: "7"}}, pages=pages, since=SINCE)

    assert fake.asked[0].query[name] == value, "rows that changed meanwhile have moved, and others with them"


async def test_F41_reset_leads_to_a_full_read(read, fake):
    asked = []

    async def answer(request):
        asked.append(dict(request.query))
        if "modified_since" in request.query:
            return web.json_response({"title": "gone"}, status=410)
        return web.Response(body=Page(rows=[_row(1)]).render(), content_type="application/json")

    fake.app.router.add_get("/pacts", answer)

    reading = await read({"since": "2026-01-01T00:05:00Z"}, since=SINCE)

    assert reading.keys == ["p1"]
    assert len(asked) == 2


async def test_F41_backward_marks_keep_the_higher_watermark(read, fake):
    fake.listing("/pacts", lambda _: Page(rows=[_row(2)]))

    reading = await read({"since": "2026-01-01T00:09:00Z"}, since=SINCE)

    assert reading.keys == ["p2"]
    assert reading.cursor["since"] == "2026-01-01T00:09:00Z"


async def test_F49_mark_is_the_partners_own_value_whatever_our_clock_says(read, fake, clock):
    late = b'{"id":"p1","modified_at":"2031-05-05T10:00:00.25+02:00"}'
    fake.listing("/pacts", lambda _: Page(rows=[late, b'{"id":"p2","modified_at":"2031-05-05T09:00:00+00:00"}']))

    first = await read(since=SINCE)
    await read(first.cursor, since=SINCE)

    assert first.cursor["since"] == "2031-05-05T09:00:00+00:00"
    assert fake.asked[-1].query["modified_since"] == "2031-05-05T08:59:00+00:00"


async def test_rows_without_a_mark_do_not_stop_the_run(read, fake):
    rows = [b'{"id":"p1"}', b'{"id":"p2","modified_at":7}', b'{"id":"p3","modified_at":"ieri"}', _row(4)]
    fake.listing("/pacts", lambda _: Page(rows=rows))

    reading = await read(since=SINCE)

    assert len(reading.batches[0].rows) == 4
    assert reading.cursor["since"] == "2026-01-01T00:04:00Z"


async def test_number_marks(read, fake):
    fake.listing("/pacts", lambda _: Page(rows=[b'{"id":"a","meta":{"seq":9}}', b'{"id":"b","meta":{"seq":41}}']))
    since = Since(param="after", field="meta.seq", kind="number", overlap=5)

    first = await read(since=since)
    await read(first.cursor, since=since)

    assert fake.asked[-1].query["after"] == "36"


async def test_page_numbers_end_with_an_empty_page(read, fake):
    rows = [_row(number) for number in range(7)]
    fake.listing("/pacts", lambda query: Page(rows=rows[(int(query["page"]) - 1) * 3 :][:3]))

    reading = await read(pages=NumberedPages())

    assert reading.keys == ALL[:7]
    assert len(fake.asked) == 4


async def test_partner_that_gives_smaller_pages_than_asked_loses_nothing(read, fake):
    rows = [_row(number) for number in range(7)]
    fake.listing("/pacts", lambda query: Page(rows=rows[(int(query["page"]) - 1) * 2 :][:2]))

    reading = await read(pages=NumberedPages())

    assert reading.keys == ALL[:7]


async def test_offsets_with_overlap_meet_shifted_rows(read, fake):
    rows = [_row(number) for number in range(7)]

    def page(query):
        start = int(query["offset"])
        found = rows[start : start + 3]
        if start == 0:
            del rows[0]  # somebody is deleted while we read: all that follow move up
        return Page(rows=found)

    fake.listing("/pacts", page)

    reading = await read(pages=OffsetPages(overlap=1))

    assert set(reading.keys) == set(ALL[:7])


async def test_link_header_leads_on(read, fake):
    async def answer(request):
        page = int(request.query.get("p", "0"))
        links = {"Link": f'</pacts?p=0>; rel="first", <?p={page + 1}&x=a,b>; rel="up next"'} if page < 2 else {}
        return web.Response(body=b"[%s]" % _row(page), headers=links, content_type="application/json")

    fake.app.router.add_get("/pacts", answer)

    reading = await read(items=None, pages=LinkPages())

    assert reading.keys == ALL[:3]
    assert reading.batches[0].position(0) == "$[0]"


async def test_next_address_in_the_body_leads_on(read, fake):
    def page(query):
        number = int(query.get("p", "0"))
        following = None if number == 2 else f"/pacts?p={number + 1}"
        body = {"data": {"results": [json.loads(_row(number))]}, "paging": {"next": following}}
        return json.dumps(body).encode()

    fake.listing("/pacts", page)

    reading = await read(items="data.results", pages=NextUrlPages(next="paging.next"))

    assert reading.keys == ALL[:3]


async def test_next_address_on_another_host_is_refused(read, fake):
    fake.listing("/pacts", lambda _: Page(rows=[_row(1)], next="http://inside.test/x", next_name="next"))

    reading = await read(pages=NextUrlPages())

    assert reading.keys == ["p1"]
    assert reading.trouble.code == "http.elsewhere"


async def test_lasting_cursor_goes_on_in_the_next_run(read, fake):
    fake.listing(
        "/pacts",
        lambda q: Page(rows=[_row(n) for n in range(int(q.get("cursor", 0)), 4)], next="4", envelope={"more": False}),
    )

    first = await read(pages=CursorPages(more="more", lasting=True))
    second = await read(first.cursor, pages=CursorPages(more="more", lasting=True))

    assert first.keys == ALL[:4]
    assert second.keys == []
    assert fake.asked[-1].query["cursor"] == "4"


async def test_F44_snapshot_is_complete_on_its_last_page_only(read, store):
    reading = await read(snapshot=True)

    assert [batch.complete for batch in reading.batches] == [False, False, False, True]
    assert [batch.cursor for batch in reading.batches] == [None, None, None, {}]


async def test_F44_snapshot_that_breaks_off_is_not_complete(read, store, fake):
    fake.faults.order("html", after=2, times=None)

    reading = await read(snapshot=True)

    assert [batch.complete for batch in reading.batches] == [False, False]
    assert isinstance(reading.trouble, Malformed)


@pytest.mark.parametrize("fault", ["repeated_cursor", "cycle", "ever_new_cursor", "empty_more"])
async def test_F40_endless_paging_stops_and_what_was_read_stays(read, store, fake, fault):
    fake.faults.order(fault, times=None)

    reading = await read()

    assert reading.trouble.code == "paging.endless"
    assert isinstance(reading.trouble, Malformed)
    assert len(fake.asked) <= 10
    assert reading.batches


async def test_F40_cursor_of_an_endless_listing_is_never_kept_as_a_way_on(read, store, fake):
    fake.faults.order("repeated_cursor", times=None, after=1)

    reading = await read()

    assert reading.batches[-1].cursor is None


async def test_F40_ever_new_cursor_whose_rows_rotate_stops(read, fake):
    fake.listing(
        "/pacts", lambda q: Page(rows=[_row(int(q.get("cursor", 0)) % 4)], next=str(int(q.get("cursor", 0)) + 1))
    )

    reading = await read()

    assert reading.trouble.code == "paging.endless"
    assert len(reading.batches) == 9


@pytest.mark.parametrize(
    "limits", [ReadLimits(pages=4), ReadLimits(records=12), ReadLimits(seconds=60)], ids=["pages", "records", "seconds"]
)
async def test_F40_budgets_end_a_listing_that_always_brings_new_rows(read, fake, clock, limits):
    def page(query):
        clock.passed += 15
        start = int(query.get("cursor", 0))
        return Page(rows=[_row(number) for number in range(start, start + 3)], next=str(start + 3))

    fake.listing("/pacts", page)

    reading = await read(limits=limits)

    assert reading.trouble.code == "paging.endless"
    assert len(reading.batches) == 4


async def test_F43_overlap_brings_what_slipped_between_two_pages(read, store, fake):
    def page(query):
        start = int(query["offset"])
        since = query.get("modified_since", "")
        rows = [row for changed, _, row in store.rows if changed >= since][start : start + 3]
        if start == 3 and not since:
            _touch(store, 0, "2026-01-01T00:09:30Z")  # moves to the end; what follows moves up over the page's edge
        return Page(rows=rows)

    fake.app.router._resources.clear()
    fake.app.router._resource_index.clear()
    fake.listing("/pacts", page)
    settings = {"pages": OffsetPages(), "since": Since(overlap=600)}

    first = await read(**settings)
    second = await read(first.cursor, **settings)

    assert set(first.keys) != set(ALL)
    latest = {row["id"]: row["modified_at"] for row in first.rows + second.rows}
    assert latest == {key: changed for changed, key, _ in store.rows}


def _touch(store, number, changed):
    store.put(f"p{number}", changed, json.dumps({"id": f"p{number}", "modified_at": changed}).encode())


async def test_F23_truncated_answer_without_length_is_seen_by_its_json(read, store, fake):
    fake.faults.order("truncated_close", times=None)

    reading = await read()

    assert reading.batches == []
    assert isinstance(reading.trouble, Unreachable)
    assert reading.trouble.code == "http.truncated"


async def test_F23_truncation_that_passes_is_repeated(read, store, fake):
    fake.faults.order("truncated_close", after=1)

    reading = await read()

    assert reading.keys == ALL


async def test_F23_every_cut_of_a_page_is_seen(read, fake):
    whole = Page(rows=[_row(1), _row(2)]).render()
    cuts = iter(range(0, len(whole), 10))

    async def answer(request):
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\n\r\n"
        request.transport.write(head + whole[: next(cuts)])
        request.transport.close()
        return web.Response()

    fake.app.router.add_get("/pacts", answer)
    codes = []
    for _ in range(0, len(whole), 10):
        reading = await read(http={"repeats": Repeats(attempts=1)})
        codes.append(reading.trouble.code)
        assert reading.batches == []

    assert set(codes) == {"http.truncated"}


async def test_F24_web_page_in_mid_run_keeps_the_pages_before(read, store, fake):
    fake.faults.order("html", after=2)

    reading = await read()

    assert reading.keys == ALL[:6]
    assert reading.trouble.code == "http.html"
    assert b"RSSMRA80A01H501U" not in reading.trouble.content


@pytest.mark.parametrize("named", ["klingon", "utf-8", "iso-8859-1", "utf-16"])
async def test_F25_lying_charset_is_malformed(read, store, fake, named):
    fake.faults.order("charset", option=named)

    reading = await read()

    assert isinstance(reading.trouble, Malformed)
    assert reading.trouble.code == "http.charset"


async def test_F26_bomb_ends_the_run_and_keeps_the_pages_before(read, store, fake):
    fake.faults.order("gzip_bomb", after=1)

    reading = await read()

    assert reading.keys == ALL[:3]
    assert reading.trouble.code == "http.ratio"


async def test_F27_endless_body_ends_at_the_cap(read, store, fake):
    fake.faults.order("endless")

    reading = await read(http={"caps": Caps(decoded=500_000)})

    assert reading.trouble.code == "http.too_large"


@pytest.mark.parametrize(
    "body",
    [
        b'{"items":[{"n":NaN}]}',
        b'{"items":[{"n":Infinity}]}',
        b'{"items":[],"n":-Infinity}',
        b'{"items":[],"n":1e999}',
        b'{"items":[{"t":"\\ud800"}]}',
        b'{"items":[],"t":"\\udc00"}',
        b'{"items":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
        b'{"items":[],"a":1,"a":2}',
        b'{"items":[1],"items":[2]}',
        b'{"items":[{"n":01}]}',
        b'{"items":[]} x',
        b"'items'",
    ],
)
async def test_F30_what_is_no_strict_json_is_malformed(read, fake, body):
    fake.listing("/pacts", lambda _: body)

    reading = await read()

    assert reading.batches == []
    assert isinstance(reading.trouble, Malformed)
    assert reading.trouble.code == "json.broken"


async def test_F30_big_numbers_are_kept_exactly(read, fake):
    row = b'{"id":"p1","n":123456789012345678901234567890,"amount":0.1000000000000000055}'
    fake.listing("/pacts", lambda _: Page(rows=[row]))

    reading = await read()

    assert reading.batches[0].rows == [row]


async def test_answer_without_the_list_is_malformed(read, fake):
    fake.listing("/pacts", lambda _: b'{"elements":[]}')

    reading = await read()

    assert reading.trouble.code == "rest.no_items"
    assert reading.trouble.content == b'{"elements":[]}'


async def test_F48_failure_flag_needs_a_person_and_shows_codes_only(read, store, fake):
    fake.faults.order("failure_flag", option="E042")

    reading = await read(failure=FailureFlag())

    assert isinstance(reading.trouble, Refused)
    assert "E042" in reading.trouble.detail
    assert "ROSSI" not in reading.trouble.detail + reading.trouble.hint


async def test_F48_failure_code_that_passes_is_repeated(read, store, fake):
    fake.faults.order("failure_flag", option="BUSY")

    reading = await read(failure=FailureFlag(passing=frozenset({"BUSY"})))

    assert reading.keys == ALL


async def test_positive_flag_is_no_failure(read, fake):
    fake.listing("/pacts", lambda _: Page(rows=[_row(1)], envelope={"esitoPositivo": True, "apiMessages": []}))

    reading = await read(failure=FailureFlag())

    assert reading.keys == ["p1"]


async def test_F45_long_wait_ends_the_run_and_keeps_the_pages_before(read, store, fake):
    fake.faults.order("rate", option="7200", after=2)

    reading = await read()

    assert reading.keys == ALL[:6]
    assert reading.trouble.retry_after == 7_200


async def test_F46_flapping_partner_is_read_to_the_end(read, store, fake):
    fake.faults.order("unavailable")
    fake.faults.order("error", after=3)
    fake.faults.order("unavailable", after=4)

    reading = await read(http={"repeats": Repeats(attempts=4)})

    assert reading.keys == ALL


@pytest.mark.parametrize("fault", ["new_field", "duplicates", "shuffled"])
async def test_F42_odd_rows_pass_the_source_untouched(read, store, fake, fault):
    fake.faults.order(fault, times=None)

    reading = await read()

    assert reading.trouble is None
    assert set(reading.keys) == set(ALL)


async def test_F43_one_page_needs_no_paging(read, fake):
    fake.listing("/pacts", lambda _: Page(rows=[_row(1)], next="ignored"))

    reading = await read(pages=OnePage())

    assert reading.keys == ["p1"]


async def test_no_trouble_quotes_the_query(read, store, fake):
    fake.faults.order("error", times=None)

    reading = await read(query={"token": "canary"})

    assert not re.search("canary|pacts\\?", repr(reading.trouble) + str(reading.trouble) + reading.trouble.hint)


@pytest.mark.shared
async def test_F38_odd_texts_come_through_exactly(read, fake, shared):
    texts = json.loads((shared / "bad_input/naughty_strings/blns.json").read_bytes())
    fake.listing(
        "/pacts", lambda _: Page(rows=[json.dumps({"id": text}, ensure_ascii=False).encode() for text in texts])
    )

    reading = await read(pages=OnePage())

    assert (reading.trouble, reading.keys) == (None, texts)
