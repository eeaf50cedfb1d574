"""Each fault of the server's menu ends in one of the four errors, or in good rows; nobody is named in any of them."""

from __future__ import annotations

import pytest

from patto_connectors.errors import Trouble
from patto_connectors.sftp import SftpCaps, SftpTimeouts
from patto_connectors.testing.faults import SFTP
from patto_connectors.testing.sftp import FakeSftp
from patto_plugins.cooperatives.fake import cooperatives
from patto_plugins.cooperatives.profiles import INTERNSHIPS
from patto_plugins.cooperatives.settings import CooperativeSettings, registers
from patto_plugins.cooperatives.translate import translate

WRITING = {"disk_full", "cut_upload", "stall_upload", "no_rename"}
"""Faults of files that are written: the sink's tests have them (tests/connectors/sftp/test_sink.py)."""
GONE = {"vanishes"}
"""The fault that takes the files away for ever."""
PATIENCE = SftpTimeouts(connect=0.4, operation=0.4, file=2.0, rate_window=0.4)


@pytest.fixture
async def server(stage, code, tmp_path):
    fake = FakeSftp(tmp_path / "server")
    made = cooperatives(stage, {code: fake.folder / "registri"}, {})
    book = made.books[code]
    for told in stage.due(code):
        book.show(told)
    book.changed = set(sorted(book.changed)[:2])
    book.drop()
    async with fake.running():
        yield fake


async def take(server):
    settings = server.settings(folder="/registri", timeouts=PATIENCE, caps=SftpCaps(file=1_000_000, names=500))
    source = registers(INTERNSHIPS, CooperativeSettings(sftp=settings, settle_seconds=0))
    batches = []
    try:
        async for batch in source.read(None):
            batches.append(batch)  # noqa: PERF401 - pages before a trouble count
    except Trouble as trouble:
        return batches, trouble
    return batches, None


@pytest.mark.parametrize("fault", sorted(SFTP.keys() - WRITING))
async def test_every_fault_ends_well_and_the_next_run_reads_all(fault, server, stage):
    good, _ = await take(server)
    server.faults.order(fault, times=None)

    batches, trouble = await take(server)
    happened = set(server.faults.happened)
    server.faults.clear()
    again, none = await take(server)

    assert happened == {fault}
    assert keys(batches) <= keys(good)
    assert keys(again) == (set() if fault in GONE else keys(good))
    assert none is None
    told = f"{trouble!s} {trouble!r} {[each[:2] for batch in batches for each in batch.troubles]}"
    assert not [name for name in people(stage) if name in told]


def keys(batches):
    return {translate(row).key for batch in batches for row in batch.rows}


def people(stage):
    teller = stage.chronicle.tellers()[0]
    return {name for each in stage.chronicle.truth(teller) if each.kind == "person" for name in (each.family_name,)}


async def test_another_key_than_the_pinned_one_is_refused_and_nothing_is_sent(server):
    server.faults.order("host_key", path="/", times=None)

    batches, trouble = await take(server)

    assert (batches, type(trouble).__name__, server.logins) == ([], "Refused", 0)
