"""The fake cooperatives tell their story day by day, on one SFTP server and in folders of ours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from patto_connectors.errors import Trouble
from patto_connectors.ports import WORLD, World
from patto_plugins.cooperatives.demo import FORMS, ON_PAPER, demo
from patto_plugins.cooperatives.fake import FakeSettings, cooperatives, tellers
from patto_schemas.chronicle import Calendar, Rates, WorldSettings, chronicle


async def test_registers_grow_day_by_day_and_what_is_known_is_never_ahead_of_its_time(tmp_path, read, records):
    asked = FakeSettings(people=10, rates=Rates(mistakes=0), calendar=Calendar(ahead_days=300))
    stage = asked.stage(tmp_path)
    code = tellers(stage)[0].code
    made = cooperatives(stage, {code: tmp_path / "r"}, {})
    made.work(None, stage.now())
    first = records(await read(tmp_path / "r"))

    until = stage.now() + timedelta(days=30)
    made.work(stage.now(), until)

    second = records(await read(tmp_path / "r"))
    told = {(each.record.kind, each.record.key) for each in stage.chronicle.told(code, until=until)}
    assert len(first) < len(second)
    assert set(first) <= set(second)
    assert len(second) == len([each for each in told if each[0] != "organisation"])


def test_only_what_has_changed_is_dropped_again(filled):
    book = filled()
    names = book.drop()
    said = next(iter(book.days.values()))

    book.show(said)
    again = book.drop()

    assert len(again) == 1
    assert set(again) < set(names)
    assert book.drop() == []


def test_a_closed_month_has_another_name_and_the_old_file_goes(made, stage, code):
    book = made()
    said = stage.due(code)
    for told in said:
        if told.record.kind != "attendance_month":
            book.show(told)
    before = set(book.drop())

    for told in said:
        if told.record.kind == "attendance_month":
            book.show(told)
    after = set(book.drop())

    assert after
    assert all(name.endswith(" DEF.xlsx") for name in after)
    there = {path.name for path in book.folder.iterdir()}
    assert after <= there
    assert {name.replace(" DEF", "") for name in after} & there == set()
    assert {name for name in before if name in there} == before & there


@pytest.fixture
def many(tmp_path):
    """A world with cooperatives on the server and with one in a folder of ours; its time goes by as ours does."""
    token = WORLD.set(World())
    yield FakeSettings(people=6, ambiti=("LE/1", "LE/2", "BT/1"), calendar=Calendar(ahead_days=400)).stage(tmp_path)
    WORLD.reset(token)


async def test_every_stream_of_the_demonstration_has_something_to_read(many, connectors):
    read = {}
    async with demo(many) as partners:
        for name, partner in partners.items():
            settings = connectors["registers"].settings.model_validate(partner["settings"])
            source = connectors["registers"].source(settings)
            read[name] = sum([len(batch.rows) async for batch in source.read(None)])
            assert connectors["assignments"].sink(settings).bodies

    assert set(partners) == {each.partner for each in tellers(many)}
    assert {bool(partner["settings"].get("folder")) for partner in partners.values()} == {True, False}
    assert all(partner["jobs"].keys() >= {"registers", "assignments"} for partner in partners.values())
    handing_in = [partner for partner in partners.values() if "handed_registers" in partner["jobs"]]
    assert handing_in == [partner for partner in partners.values() if "push" in partner["feeds"]] != []
    assert all(read.values()), read


def test_the_ones_without_a_server_and_without_excel_are_cooperatives():
    codes = {each.code for each in chronicle(WorldSettings()).tellers() if each.kind == "cooperative"}

    assert codes >= ON_PAPER | FORMS.keys()
    assert (len(codes), len(ON_PAPER)) == (20, 2)


async def test_the_demonstrations_server_shows_only_its_own_key(many, connectors):
    async with demo(many) as partners:
        partner = next(each for each in partners.values() if "sftp" in each["settings"])
        other = "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"
        server = partner["settings"]["sftp"] | {"host_keys": [other]}
        settings = connectors["registers"].settings.model_validate(partner["settings"] | {"sftp": server})

        with pytest.raises(Trouble) as refused:
            await anext(connectors["registers"].source(settings).read(None))

    assert refused.value.code == "sftp.host_key"
