from __future__ import annotations

import pytest

from patto_connectors.http.probe import probe
from patto_connectors.sftp import SftpSource
from patto_schemas.issues import Owner
from patto_schemas.model.base import Entity


class Note(Entity):
    kind = "note"
    key_field = "note_id"

    note_id: str


@pytest.fixture
def checking(fake):
    async def check(**settings):
        source = SftpSource(settings=fake.settings(**{"folder": "/in", **settings}))
        return [stage async for stage in probe(source, Note)]

    return check


async def test_all_stages_are_good(fake, drop, checking):
    drop("a.csv", "note_id\nn1\n")

    async with fake.running():
        stages = await checking()

    assert [stage.name for stage in stages] == ["dns", "hostkey", "login", "folder", "record", "schema"]
    assert all(stage.good and stage.owner is None for stage in stages)
    assert "1" in stages[3].en


async def test_an_empty_folder_is_no_fault(fake, checking):
    async with fake.running():
        stages = await checking()

    assert all(stage.good for stage in stages)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("host_key", ("hostkey", Owner.ENGINEER, False)),
        ("reset", ("hostkey", Owner.PARTNER, True)),
        ("login", ("login", Owner.ENGINEER, False)),
        ("full", ("login", Owner.PARTNER, True)),
        ("no_sftp", ("login", Owner.PARTNER, False)),
        ("permission", ("folder", Owner.ENGINEER, False)),
        ("cut", ("record", Owner.PARTNER, True)),
    ],
)
async def test_the_first_bad_stage_is_the_last_and_says_who_can_act(fake, drop, checking, fault, expected):
    drop("a.csv", "note_id\nn1\n")
    fake.faults.order(fault)

    async with fake.running():
        stages = await checking()

    assert [each.good for each in stages] == [True] * (len(stages) - 1) + [False]
    assert (stages[-1].name, stages[-1].owner, stages[-1].later) == expected
    assert stages[-1].fix_it


async def test_a_closed_port_ends_at_the_connection(fake, checking, unused_tcp_port):
    stages = await checking(port=unused_tcp_port)

    assert [(stage.name, stage.good) for stage in stages] == [("dns", True), ("hostkey", False)]


async def test_a_file_that_does_not_fit_ends_at_the_schema(fake, drop, checking):
    drop("a.csv", "altro\nn1\n")

    async with fake.running():
        stages = await checking()

    assert (stages[-1].name, stages[-1].good) == ("schema", False)
