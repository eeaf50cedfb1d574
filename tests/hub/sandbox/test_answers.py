"""Every fault of an answer, over real HTTP; and our own stand-alone program, which comes through each of them."""

from __future__ import annotations

import pytest
from aiohttp import ClientPayloadError

pytestmark = pytest.mark.asyncio(loop_scope="session")
FEED = "/feeds/pacts/changes?limit=2"


async def test_an_answer_says_where_it_comes_from(tried):
    status, headers, _ = await tried.ask("job_centre", "GET", FEED)

    assert (status, headers["Patto-Environment"]) == (200, "sandbox")


@pytest.mark.parametrize(("fault", "status"), [("unavailable", 503), ("rate", 429)])
async def test_a_fault_happens_as_often_as_it_was_ordered_and_then_no_more(tried, fault, status):
    await tried.order("job_centre", fault, times=2, seconds=1)
    answers = [await tried.ask("job_centre", "GET", FEED) for _ in range(3)]

    assert [each[0] for each in answers] == [status, status, 200]
    assert answers[0][1]["Retry-After"] == "1"
    assert answers[0][2]["retry"] is True


async def test_a_fault_is_for_the_partner_that_ordered_it_alone(tried):
    await tried.order("job_centre", "unavailable")
    others, _, _ = await tried.ask("lecce", "GET", FEED)
    own, _, _ = await tried.ask("job_centre", "GET", FEED)

    assert (others, own) == (200, 503)


async def test_what_was_ordered_can_be_taken_back(tried):
    told = await tried.order("job_centre", "rate", times=5)
    _, _, cleared = await tried.ask("job_centre", "DELETE", "/sandbox/faults")

    assert told["faults"] == [{"fault": "rate", "left": 5, "seconds": 2}]
    assert cleared["faults"] == []
    assert (await tried.ask("job_centre", "GET", FEED))[0] == 200


async def test_a_slow_answer_comes_whole(tried):
    now = tried.started.hub.world.monotonic
    before = now()
    await tried.order("job_centre", "slow", seconds=1)
    status, _, page = await tried.ask("job_centre", "GET", FEED)

    assert now() - before >= 1
    assert (status, len(page["items"])) == (200, 2)


async def test_an_answer_that_breaks_off_is_no_whole_one(tried):
    await tried.order("job_centre", "cut")
    with pytest.raises(ClientPayloadError):
        await tried.ask("job_centre", "GET", FEED)

    assert (await tried.ask("job_centre", "GET", FEED))[0] == 200


async def test_a_stale_cursor_waits_for_a_request_that_has_one(tried):
    await tried.order("job_centre", "stale")
    _, _, page = await tried.ask("job_centre", "GET", FEED)
    status, _, problem = await tried.ask("job_centre", "GET", f"{FEED}&cursor={page['next_cursor']}")

    assert (status, problem["code"]) == (410, "cursor-stale")
    assert problem["_links"]["snapshot"]["href"].endswith("/feeds/pacts/snapshot")


async def test_what_is_handed_in_is_refused(tried):
    await tried.order("job_centre", "upload_refused")
    body, headers = b"<x/>", {"Content-Type": "text/xml"}
    refused, _, problem = await tried.ask("job_centre", "POST", "/streams/notifications", data=body, headers=headers)

    assert (refused, problem["code"]) == (422, "content-malformed")
    assert "ambiente di prova" in problem["detail"]


async def test_a_key_that_ends_soon_says_so(tried):
    await tried.order("coop", "key_ending")
    _, _, told = await tried.ask("coop", "GET", "/access")

    assert told["ends_soon"] is True
    assert told["expires_at"]


async def test_a_fault_of_messages_is_not_offered_to_whom_no_message_comes(tried):
    status, _, problem = await tried.ask("lecce", "POST", "/sandbox/faults", json={"fault": "webhook_twice"})
    offered = {name: (await tried.ask(name, "GET", "/sandbox"))[2] for name in ("lecce", "job_centre")}
    menus = {name: [each["fault"] for each in told["menu"]] for name, told in offered.items()}

    assert (status, problem["code"], offered["lecce"]["faults"]) == (409, "way-missing", [])
    assert "ricevitore di prova" in problem["detail"]
    assert [each for each in menus["job_centre"] if each not in menus["lecce"]] == [
        "webhook_twice",
        "webhook_late",
        "webhook_out_of_order",
        "webhook_wrong_signature",
        "webhook_old_key",
    ]


async def test_a_fault_that_there_is_not_is_refused_with_those_that_there_are(tried):
    status, _, problem = await tried.ask("job_centre", "POST", "/sandbox/faults", json={"fault": "earthquake"})

    assert status == 422
    assert "unavailable" in problem["errors"][0]["detail_en"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("fault", ["unavailable", "rate", "slow", "cut", "stale"])
async def test_our_own_program_comes_through_each_fault(tried, program, fault):
    begun = await program.run("pull", "pacts", "--limit", "2")
    await tried.order("job_centre", fault, times=2, seconds=1)
    went_on = await program.run("pull", "pacts", "--limit", "2")
    _, _, standing = await tried.ask("job_centre", "GET", "/sandbox")
    whole = await program.run("verify", "pacts")

    assert (begun[0], went_on[0], whole[0]) == (0, 0, 0), (begun, went_on, whole)
    assert [each for each in standing["faults"] if each["left"] == 2] == []
    await tried.ask("job_centre", "DELETE", "/sandbox/faults")
