"""Back to the first day, with the same keys and at the same address; days that pass; who is new in the settings."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from patto_hub.cli.main import run as command
from patto_hub.ledger import upgrade

pytestmark = pytest.mark.timeout(180)
in_one_loop = pytest.mark.asyncio(loop_scope="session")


def known(page):
    return sorted((each["id"], each["version"], each["changed_at"], str(each["data"])) for each in page["items"])


@in_one_loop
async def test_a_reset_gives_the_same_first_day_with_the_same_keys_at_the_same_address(fresh, lasting):
    async with lasting(fresh) as (first, next_day):
        day_one, key = await first.snapshot("job_centre"), first.key("job_centre")
        await first.step("job_centre", "new_pact")
        lost = (await first.snapshot("job_centre"))["next_cursor"]
        await first.order("job_centre", "rate", times=9)
        status, headers, _ = await first.ask("job_centre", "POST", "/sandbox/resets")
        second = await next_day()
        again = await second.snapshot("job_centre")
        await second.step("job_centre", "new_pact")
        stale, _, _ = await second.ask("job_centre", "GET", f"/feeds/pacts/changes?cursor={lost}")
        still_good, _, _ = await second.ask(
            "job_centre", "GET", f"/feeds/pacts/changes?cursor={day_one['next_cursor']}"
        )

    assert (status, headers["Retry-After"]) == (202, "5")
    assert (second.address, second.key("job_centre")) == (first.address, key)
    assert known(again) == known(day_one)
    assert (stale, still_good) == (410, 200)


@in_one_loop
async def test_what_was_lost_in_an_earlier_reset_stays_stale(fresh, lasting):
    async with lasting(fresh) as (first, next_day):
        await first.step("job_centre", "new_pact")
        lost = (await first.snapshot("job_centre"))["next_cursor"]
        for _ in range(2):
            assert command(["sandbox", "reset", "--folder", str(first.plan.folder)], {}) == 0
            day = await next_day()
            await day.step("job_centre", "new_pact")
        status, _, problem = await day.ask("job_centre", "GET", f"/feeds/pacts/changes?cursor={lost}")

    assert (status, problem["code"]) == (410, "cursor-stale")


@in_one_loop
async def test_a_key_that_was_changed_or_ended_is_good_again_after_a_reset(fresh, lasting):
    async with lasting(fresh) as (first, next_day):
        await first.order("job_centre", "key_ending", seconds=1)
        await asyncio.sleep(1.1)
        ended, _, _ = await first.ask("job_centre", "GET", "/access")
        await first.ask("lecce", "POST", "/sandbox/resets")
        second = await next_day()
        status, _, told = await second.ask("job_centre", "GET", "/access")

    assert (ended, status) == (401, 200)
    assert told["expires_at"] is None


@in_one_loop
async def test_a_partner_that_is_new_in_the_settings_gets_a_key_and_the_others_keep_theirs(fresh, lasting):
    async with lasting(fresh) as (first, _):
        keys = {name: first.key(name) for name in first.sandbox.cast.own}
        few = first.plan
    new = few.hub.partners["coop"].model_copy(update={"title": "Brindisi"})
    plan = replace(few, hub=few.hub.model_copy(update={"partners": {**few.hub.partners, "brindisi": new}}))
    async with lasting(fresh, plan) as (more, _):
        held = {name: more.key(name) for name in more.sandbox.cast.own}
        status, _, _ = await more.ask("brindisi", "GET", "/feeds/catalogue/snapshot")

    assert held.items() > keys.items()
    assert status == 200


@in_one_loop
async def test_days_pass_when_somebody_says_so_and_bring_what_partners_tell_then(fresh, lasting):
    async with lasting(fresh) as (tried, _), asyncio.timeout(90):
        before = (await tried.ask("lecce", "GET", "/sandbox"))[2]["today"]
        cursor = (await tried.snapshot("lecce"))["next_cursor"]
        await tried.step("lecce", "days", days=90)
        after = (await tried.ask("lecce", "GET", "/sandbox"))[2]["today"]
        while not (await tried.changes("lecce", cursor))["items"]:  # noqa: ASYNC110 - the hub reads meanwhile
            await asyncio.sleep(0.1)
        too_many, _, _ = await tried.ask("lecce", "POST", "/sandbox/steps", json={"step": "days", "days": 91})

    assert after > before
    assert too_many == 422


@in_one_loop
async def test_a_first_day_of_an_earlier_version_is_brought_up_to_date(fresh, lasting, tried):
    upgrade.downgrade(fresh / "sandbox/day_one.db", "0002")
    async with lasting(fresh) as (after, _):
        page = await after.snapshot("coop", "catalogue")

    assert page["items"]
    assert after.key("coop") == tried.key("coop")


@in_one_loop
async def test_a_first_start_that_was_killed_is_begun_again(fresh, lasting):
    (fresh / "sandbox/day_one.db").unlink()
    ledger = fresh / "sandbox/hub/ledger.db"
    ledger.parent.mkdir()
    ledger.write_bytes(b"half of a ledger")
    async with lasting(fresh) as (first, _):
        page = await first.snapshot("coop", "catalogue")

    assert page["items"]
