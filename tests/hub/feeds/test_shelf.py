from __future__ import annotations

import asyncio

import pytest

from patto_hub.feeds.shelf import _OVERHEAD, Kept, PageShelf
from patto_hub.feeds.subscriptions import subscribe
from patto_hub.feeds.views import PACTS
from patto_hub.ledger import audiences
from patto_hub.ledger.watch import standing

SUBSCRIPTION = subscribe("cpi-foggia", PACTS)


@pytest.fixture
def shelf():
    return PageShelf()


def put(shelf, ledger, question="q", *, lasting=True, size=100, subscription=SUBSCRIPTION):
    shelf.put(question, Kept(f"page {question}", ledger.read_now(standing), subscription, lasting=lasting, size=size))


async def find(shelf, ledger, question="q", subscription=SUBSCRIPTION):
    """Ask in a turn of its own, as a request does."""
    await asyncio.sleep(0)
    return await shelf.find(ledger, question, subscription)


async def test_a_page_is_found_until_somebody_writes(shelf, ledger, say):
    put(shelf, ledger, lasting=False)
    before = await find(shelf, ledger)
    say("pact", {}, to=[1])

    assert (before, await find(shelf, ledger)) == ("page q", None)


async def test_a_full_page_outlasts_newer_changes(shelf, ledger, say):
    put(shelf, ledger)
    say("pact", {}, to=[1])

    assert await find(shelf, ledger) == "page q"


async def test_no_page_outlasts_that_something_was_taken_back(shelf, ledger, say):
    say("pact", {}, to=[2])
    put(shelf, ledger)
    put(shelf, ledger, "never asked for again")
    assert await find(shelf, ledger) == "page q"

    ledger.write_now(audiences.forget, 2, [1], 10)

    assert await find(shelf, ledger) is None
    assert (len(shelf.pages), shelf.size) == (0, 0)


async def test_a_page_read_before_something_was_taken_back_is_not_found_though_it_was_put_down_after(
    shelf, ledger, say
):
    say("pact", {}, to=[2])
    read = Kept("page q", ledger.read_now(standing), SUBSCRIPTION, lasting=True, size=1)
    ledger.write_now(audiences.forget, 2, [1], 10)

    shelf.put("q", read)

    assert await find(shelf, ledger) is None


async def test_a_page_that_left_through_another_subscription_is_not_found(shelf, ledger):
    put(shelf, ledger)

    assert await find(shelf, ledger, subscription=subscribe("cpi-foggia", PACTS)) is None


async def test_pages_that_nobody_has_asked_for_longest_make_room(ledger):
    shelf = PageShelf(budget=10 * (_OVERHEAD + 100))
    for number in range(10):
        put(shelf, ledger, number)
    await find(shelf, ledger, 0)

    put(shelf, ledger, 10)

    assert await find(shelf, ledger, 0) == "page 0"
    assert await find(shelf, ledger, 1) is None
    assert shelf.size <= shelf.budget


async def test_a_page_too_large_for_the_others_is_not_kept(shelf, ledger):
    put(shelf, ledger, size=shelf.budget // 4)

    assert await find(shelf, ledger) is None
    assert shelf.size == 0


async def test_one_turn_of_the_loop_looks_once_and_the_next_looks_again(shelf, ledger, say):
    put(shelf, ledger, lasting=False)
    await find(shelf, ledger)

    before = shelf.peek(ledger, "q", SUBSCRIPTION)
    say("pact", {}, to=[1])
    same_turn = shelf.peek(ledger, "q", SUBSCRIPTION)
    await asyncio.sleep(0)

    assert (before, same_turn, shelf.peek(ledger, "q", SUBSCRIPTION)) == ("page q", "page q", None)


async def test_a_page_put_down_again_counts_once(shelf, ledger):
    for _ in range(3):
        put(shelf, ledger)

    assert shelf.size == 100 + _OVERHEAD
