from datetime import timedelta

from patto_connectors.modi import Mark, SeenHere


async def test_mark_is_first_once_for_each_signer(clock):
    seen, until = SeenHere(), clock.world().now() + timedelta(minutes=8)

    marks = [Mark("a", "1", until), Mark("a", "1", until), Mark("b", "1", until), Mark("a", "2", until)]

    assert [await seen.first(mark) for mark in marks] == [True, False, True, True]


async def test_what_can_no_longer_be_valid_is_forgotten(clock):
    seen = SeenHere()
    for number in range(1_000):
        await seen.first(Mark("a", str(number), clock.world().now() + timedelta(minutes=8)))
        await clock.sleep(1)

    assert len(seen) == 481
