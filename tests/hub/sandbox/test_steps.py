"""What can happen in the invented world, as a partner's feed tells it."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def end(tried, name, feed="pacts"):
    return (await tried.snapshot(name, feed))["next_cursor"]


async def test_a_partner_reads_of_the_invented_people_of_whom_it_stands_for(tried):
    _, _, told = await tried.ask("lecce", "GET", "/sandbox")
    page = await tried.snapshot("lecce")

    assert (told["partner"], told["stands_for_name"]) == ("lecce", "ambito:LE/1")
    assert {each["kind"] for each in page["items"]} == {"person", "pact", "measure"}
    assert {each["data"]["ambito"] for each in page["items"] if each["kind"] == "pact"} == {"LE/1"}


async def test_subscriptions_hold_as_in_the_hub_pseudonyms_too(tried):
    own = await tried.snapshot("coop")
    whole = await tried.snapshot("lecce")

    assert any("given_name" in each["data"] for each in whole["items"] if each["kind"] == "person")
    assert not any("given_name" in each["data"] for each in own["items"])
    assert (await tried.ask("coop", "GET", "/feeds/enrolments/snapshot"))[0] == 403


@pytest.mark.parametrize("name", ["lecce", "job_centre", "coop"])
async def test_a_new_pact_comes_with_its_person_and_measures(tried, name):
    cursor = await end(tried, name)
    told = await tried.step(name, "new_pact")
    items = (await tried.changes(name, cursor))["items"]

    assert told["pacts"] == len(items)
    assert {"person", "pact"} <= {each["kind"] for each in items}
    assert {each["change"] for each in items} == {"upsert"}


async def test_a_correction_is_the_next_version_of_a_record(tried):
    await tried.step("job_centre", "new_pact")
    cursor = await end(tried, "job_centre")
    await tried.step("job_centre", "correction")
    [item] = (await tried.changes("job_centre", cursor))["items"]

    assert (item["change"], item["version"]) == ("upsert", 2)


async def test_whoever_may_no_longer_know_is_told_to_forget(tried):
    await tried.step("job_centre", "new_pact")
    cursor = await end(tried, "job_centre")
    told = await tried.step("job_centre", "withdrawal")
    items = (await tried.changes("job_centre", cursor))["items"]

    assert len(items) == told["pacts"] > 0
    assert {each["change"] for each in items} == {"withdraw"}
    assert [each["data"] for each in items if each["data"] is not None] == []


async def test_an_ambito_is_told_why_nothing_can_be_withdrawn_from_it(tried):
    status, _, told = await tried.ask("lecce", "POST", "/sandbox/steps", json={"step": "withdrawal"})

    assert (status, told["changes"]) == (200, {})
    assert "Ambito" in told["note"]


async def test_an_erasure_is_told_as_one(tried):
    await tried.step("coop", "new_pact")
    cursor = await end(tried, "coop")
    await tried.step("coop", "erasure")
    items = (await tried.changes("coop", cursor))["items"]

    assert items
    assert {each["change"] for each in items} == {"erase"}
