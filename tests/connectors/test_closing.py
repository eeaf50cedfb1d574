from __future__ import annotations

import pytest

from patto_connectors.closing import Closing


@pytest.fixture
def ended():
    return []


@pytest.fixture
def pages(ended):
    async def read():
        try:
            yield 1
            yield 2
        finally:
            ended.append("closed")

    return read()


async def test_what_is_read_in_part_is_closed_at_the_end_of_the_block(pages, ended):
    async with Closing(pages) as some:
        async for _ in some:
            break

    assert ended == ["closed"]


async def test_what_goes_wrong_in_the_block_goes_on(pages, ended):
    async def read():
        async with Closing(pages) as some:
            await anext(some)
            raise LookupError

    with pytest.raises(LookupError):
        await read()

    assert ended == ["closed"]
