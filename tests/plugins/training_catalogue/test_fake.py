from __future__ import annotations

from datetime import UTC, datetime

import pytest

from patto_connectors.errors import Malformed, Trouble, Unreachable
from patto_connectors.files import DropFolderSource
from patto_connectors.http.probe import STAGES, probe
from patto_connectors.http.settings import Caps, HttpSettings, Repeats, Timeouts
from patto_connectors.ports import WORLD, World
from patto_connectors.testing.faults import CONTENT, WIRE
from patto_hub import Refused
from patto_plugins.social_districts.fake import District
from patto_plugins.social_districts.fake import FakeSettings as DistrictSettings
from patto_plugins.training_catalogue import (
    attendance,
    attendance_source,
    courses_source,
    enrolments_source,
    translate_course,
)
from patto_plugins.training_catalogue.enrolments import CatalogueEnrolment
from patto_plugins.training_catalogue.fake import Catalogue, FakeSettings, service
from patto_plugins.training_catalogue.settings import Attendance, CatalogueSettings, Courses

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SMALL = FakeSettings(courses=6, people=30)


@pytest.fixture
async def partner():
    made = service(SMALL, remember=True)
    async with made.running() as address:
        yield made, HttpSettings(base_url=f"{address}/v1", repeats=Repeats(first=0.01))


@pytest.mark.parametrize(("dialect", "path", "count"), [("xcri", "courses.xml", 6), ("elm", "courses-elm.xml", 12)])
async def test_courses_are_read_over_http(partner, read_source, dialect, path, count):
    made, http = partner
    made.partner.faults.order("unavailable")
    settings = CatalogueSettings(http=http, courses=Courses(dialect=dialect, path=path))

    batches = await read_source(courses_source(settings))

    records = [translate_course(row) for batch in batches for row in batch.rows]
    assert sum(record.kind == "course_offering" for record in records) == count
    assert sum(record.kind == "organisation" for record in records) == 4
    assert batches[-1].complete


@pytest.mark.parametrize(("dialect", "path"), [("xcri", "courses.xml"), ("elm", "courses-elm.xml")])
async def test_a_catalogue_is_tried_stage_by_stage(partner, dialect, path):
    _, http = partner
    settings = CatalogueSettings(http=http, courses=Courses(dialect=dialect, path=path))

    stages = [stage async for stage in probe(courses_source(settings), translate_course)]

    assert [(stage.name, stage.good) for stage in stages] == [(name, True) for name in STAGES]


async def test_a_drop_folder_has_no_door_to_be_tried(tmp_path):
    folder = tmp_path / "courses"
    folder.mkdir()
    (folder / "courses.xml").write_bytes(Catalogue(SMALL).xcri())
    settings = CatalogueSettings(courses=Courses(folder=folder))
    token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

    stages = [stage async for stage in probe(courses_source(settings), translate_course)]
    WORLD.reset(token)

    assert [stage.name for stage in stages] == ["record", "schema"]


@pytest.mark.parametrize(("fault", "trouble"), [("html", Malformed), ("truncated", Unreachable)])
async def test_a_broken_catalogue_is_never_complete(partner, fault, trouble):
    made, http = partner
    made.partner.faults.order(fault, times=None)
    seen = []

    with pytest.raises(trouble):
        seen.extend([each async for each in courses_source(CatalogueSettings(http=http)).read(None)])

    assert not any(batch.complete for batch in seen)


WHOLE = {"duplicates", "shuffled", "new_field", "missing_field", "retyped", "slow"}
"""Faults that leave whole pages; what is wrong in a row is found when it is translated."""


@pytest.mark.parametrize("fault", sorted({*CONTENT, *WIRE}))
async def test_each_fault_of_the_menu_ends_in_one_of_the_four_errors_or_in_whole_pages(partner, fault):
    made, http = partner
    options = {"missing_field": "stato", "retyped": "stato", "slow": "0.1", "loris": "1"}
    made.partner.faults.order(fault, path="/v1/enrolments", times=None, option=options.get(fault, ""))
    hasty = http.model_copy(
        update={
            "repeats": Repeats(attempts=1),
            "timeouts": Timeouts(read=0.3, rate_window=2),
            "caps": Caps(decoded=2_000_000),
        }
    )
    rows, trouble = [], None

    try:
        async for batch in enrolments_source(CatalogueSettings(http=hasty)).read(None):
            rows.extend(batch.rows)
    except Trouble as met:
        trouble = met

    assert fault in made.partner.faults.happened
    assert (trouble is None) == (fault in WHOLE)
    assert trouble is not None or len(set(rows)) == SMALL.people


async def test_enrolments_are_read_page_by_page_and_then_only_what_changed(partner, read_source):
    made, http = partner
    source = enrolments_source(CatalogueSettings.model_validate({"http": http, "enrolments": {"page_size": 10}}))

    batches = await read_source(source)
    records = [CatalogueEnrolment.model_validate_json(row) for batch in batches for row in batch.rows]
    made.catalogue.live(NOW)
    again = await read_source(source, batches[-1].cursor)

    assert len(batches) == 3
    assert {record.key for record in records} == {record.key for record in made.catalogue.enrolments}
    assert {record.type for record in records} == {"course", "internship"}
    changed = [CatalogueEnrolment.model_validate_json(row) for batch in again for row in batch.rows]
    assert [record.revision for record in changed if record.modified_at == NOW] == [2]
    assert len(changed) < 5


async def test_registers_are_dropped_and_read(tmp_path, read_source):
    catalogue = Catalogue(SMALL.model_copy(update={"drop": tmp_path / "presenze", "registers": 5, "days": 2}))
    catalogue.drop(NOW)
    settings = CatalogueSettings(attendance=Attendance(folder=tmp_path / "presenze", settle_seconds=0))
    token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

    batches = await read_source(attendance_source(settings))
    WORLD.reset(token)

    days = [attendance.translate(row) for batch in batches for row in batch.rows]
    assert len(days) == 10
    assert {day.enrolment_id for day in days} <= {each.enrolment_id for each in catalogue.enrolments}


async def test_courses_can_come_from_a_drop_folder(tmp_path, read_source):
    (tmp_path / "catalogo.xml").write_bytes(Catalogue(SMALL).xcri())
    source = courses_source(CatalogueSettings(courses=Courses(folder=tmp_path)))
    token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

    batches = await read_source(source)
    WORLD.reset(token)

    assert isinstance(source, DropFolderSource)
    assert sum(len(batch.rows) for batch in batches) == 10


def test_the_same_seed_gives_the_same_catalogue():
    assert Catalogue(SMALL).xcri() == Catalogue(SMALL).xcri()
    assert Catalogue(SMALL).store.rows == Catalogue(SMALL).store.rows
    assert Catalogue(SMALL).register() == Catalogue(SMALL).register()
    assert Catalogue(SMALL).xcri() != Catalogue(SMALL.model_copy(update={"seed": 1})).xcri()


def test_enrolments_name_the_measures_of_the_fake_districts():
    ambiti = ("LE/1", "BA/5")
    districts = [District(ambito, DistrictSettings(ambiti=ambiti, people=30, seed=7)) for ambito in ambiti]
    measures = b"".join(row for district in districts for _, _, row in district.stores["measure"].rows).decode()

    catalogue = Catalogue(FakeSettings(ambiti=ambiti, people=30, seed=7))

    assert len(catalogue.enrolments) == 60
    assert all(f'"{each.policy_id}"' in measures for each in catalogue.enrolments)


def test_enrolments_name_editions_of_the_catalogue():
    catalogue = Catalogue(SMALL)
    editions = {presentation.edition_id for course in catalogue.courses for presentation in course.presentations}

    assert {each.edition_id for each in catalogue.enrolments} - {None} <= editions


@pytest.mark.parametrize("make", [courses_source, enrolments_source, attendance_source])
def test_what_is_not_configured_says_what_to_set(make):
    with pytest.raises(Refused) as refused:
        make(CatalogueSettings())

    assert "set `" in refused.value.hint
