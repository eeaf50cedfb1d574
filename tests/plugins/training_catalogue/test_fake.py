from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Malformed, Trouble, Unreachable
from patto_connectors.files import DropFolderSource
from patto_connectors.http.probe import STAGES, probe
from patto_connectors.http.settings import Caps, HttpSettings, Repeats, Timeouts
from patto_connectors.ports import WORLD, World
from patto_connectors.testing.faults import CONTENT, WIRE
from patto_hub import Refused
from patto_plugins.social_districts.fake import FakeSettings as DistrictFake
from patto_plugins.social_districts.fake import service as district_service
from patto_plugins.training_catalogue import (
    attendance,
    attendance_source,
    courses_source,
    enrolments_source,
    translate_course,
)
from patto_plugins.training_catalogue.enrolments import CatalogueEnrolment
from patto_plugins.training_catalogue.fake import FakeSettings, service, wire_row
from patto_plugins.training_catalogue.settings import Attendance, CatalogueSettings, Courses
from patto_schemas.chronicle import Rates, Told
from patto_schemas.rules import check

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RIGHT = Rates(late=0, mistakes=0, missing=0)
SMALL = FakeSettings(people=40, rates=RIGHT)


@pytest.fixture
async def told():
    """The catalogue as it stands when all is told."""
    made = service(SMALL)
    async with made.running():
        return made.catalogue


@pytest.fixture
async def partner():
    made = service(SMALL, remember=True)
    async with made.running() as address:
        yield made, HttpSettings(base_url=f"{address}/v1", repeats=Repeats(first=0.01))


@pytest.mark.parametrize(("dialect", "path"), [("xcri", "courses.xml"), ("elm", "courses-elm.xml")])
async def test_courses_are_read_over_http(partner, read_source, dialect, path):
    made, http = partner
    made.partner.faults.order("unavailable")
    settings = CatalogueSettings(http=http, courses=Courses(dialect=dialect, path=path))

    batches = await read_source(courses_source(settings))

    records = [translate_course(row) for batch in batches for row in batch.rows]
    courses = made.catalogue.courses.values()
    editions = {each.edition_id for course in courses for each in course.presentations}
    offered = [record for record in records if record.kind == "course_offering"]
    assert {each.edition_id for course in offered for each in course.presentations} == editions
    assert len(offered) == (len(courses) if dialect == "xcri" else len(editions))
    assert {record.key.rpartition("/")[2] for record in records if record.kind == "organisation"} == {
        course.provider.provider_id for course in courses
    }
    assert batches[-1].complete


@pytest.mark.parametrize(("dialect", "path"), [("xcri", "courses.xml"), ("elm", "courses-elm.xml")])
async def test_a_catalogue_is_tried_stage_by_stage(partner, dialect, path):
    _, http = partner
    settings = CatalogueSettings(http=http, courses=Courses(dialect=dialect, path=path))

    stages = [stage async for stage in probe(courses_source(settings), translate_course)]

    assert [(stage.name, stage.good) for stage in stages] == [(name, True) for name in STAGES]


async def test_a_drop_folder_has_no_door_to_be_tried(tmp_path, told):
    folder = tmp_path / "courses"
    folder.mkdir()
    (folder / "courses.xml").write_bytes(told.xcri())
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
    assert trouble is not None or len(set(rows)) == len(made.catalogue.enrolments)


async def test_enrolments_are_read_page_by_page_and_then_only_what_changed(partner, read_source):
    made, http = partner
    source = enrolments_source(CatalogueSettings.model_validate({"http": http, "enrolments": {"page_size": 5}}))

    batches = await read_source(source)
    records = [CatalogueEnrolment.model_validate_json(row) for batch in batches for row in batch.rows]
    some = next(iter(made.catalogue.enrolments.values()))
    made.catalogue.show(Told(NOW, made.teller, some.model_copy(update={"revision": 99, "modified_at": NOW})))
    again = await read_source(source, batches[-1].cursor)

    assert len(batches) > 1
    assert {record.key for record in records} == set(made.catalogue.enrolments)
    assert {record.request_scheme for record in records} == {"local:ambito_le_1"}
    changed = [CatalogueEnrolment.model_validate_json(row) for batch in again for row in batch.rows]
    assert [record.key for record in changed if record.revision == 99] == [some.key]
    assert len(changed) < len(records)


async def test_what_is_told_late_is_listed_when_it_is_told(partner, read_source):
    made, http = partner
    source = enrolments_source(CatalogueSettings.model_validate({"http": http, "enrolments": {"overlap": 0}}))
    batches = await read_source(source)
    some = next(iter(made.catalogue.enrolments.values()))

    made.catalogue.show(Told(NOW, made.teller, some.model_copy(update={"revision": 99})))  # saved long ago

    again = [json.loads(row) for batch in await read_source(source, batches[-1].cursor) for row in batch.rows]
    assert [row["versione"] for row in again if row["id_iscrizione"] == some.key] == [99]


async def test_registers_are_dropped_and_read(tmp_path, read_source):
    made = service(SMALL.model_copy(update={"drop": tmp_path / "presenze"}))
    async with made.running():
        settings = CatalogueSettings(attendance=Attendance(folder=tmp_path / "presenze", settle_seconds=0))
        token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

        batches = await read_source(attendance_source(settings))
        WORLD.reset(token)

    days = [attendance.translate(row) for batch in batches for row in batch.rows]
    assert len(days) > 100
    assert {day.enrolment_id for day in days} <= set(made.catalogue.enrolments)


async def test_courses_can_come_from_a_drop_folder(tmp_path, read_source, told):
    (tmp_path / "catalogo.xml").write_bytes(told.xcri())
    source = courses_source(CatalogueSettings(courses=Courses(folder=tmp_path)))
    token = WORLD.set(World(now=lambda: datetime(2100, 1, 1, tzinfo=UTC)))

    batches = await read_source(source)
    WORLD.reset(token)

    assert isinstance(source, DropFolderSource)
    providers = {course.provider.provider_id for course in told.courses.values()}
    assert sum(len(batch.rows) for batch in batches) == len(told.courses) + len(providers)


async def test_the_same_seed_gives_the_same_catalogue():
    async def catalogue(settings):
        made = service(settings)
        async with made.running():
            return made.catalogue

    one, same, other = [await catalogue(SMALL.model_copy(update={"seed": seed})) for seed in (0, 0, 1)]

    assert (one.xcri(), one.listed.rows) == (same.xcri(), same.listed.rows)
    assert one.listed.rows != other.listed.rows


async def test_enrolments_name_the_measures_of_the_fake_districts(told):
    district = district_service(DistrictFake(people=SMALL.people, rates=RIGHT))
    async with district.running():
        measures = b"".join(row for _, _, row in district.districts[0].stores["measure"].rows).decode()

    assert len(told.enrolments) > 5
    assert all(f'"{each.policy_id}"' in measures for each in told.enrolments.values())


async def test_enrolments_name_editions_of_the_catalogue(told):
    editions = {presentation.edition_id for course in told.courses.values() for presentation in course.presentations}

    assert {each.edition_id for each in told.enrolments.values()} <= editions


async def test_each_mistake_of_an_operator_is_found():
    rates = Rates(late=0, missing=0, mistakes=0.4)
    wrong: dict[str, bool] = {}
    for each in service(FakeSettings(people=150, rates=rates)).stage.due("catalogo_puglia"):
        if each.mistake not in {"", "doubled_row"} and each.record.kind == "enrolment":
            wrong[each.mistake] = wrong.get(each.mistake, False) or not _is_good(wire_row(each.record, each.mistake))

    assert wrong == dict.fromkeys(
        ("check_letter", "impossible_date", "missing_field", "unknown_word", "swapped_dates"), True
    )


def _is_good(row):
    try:
        return not [issue for issue in check(CatalogueEnrolment.model_validate_json(row)) if issue.severity == "error"]
    except ValidationError:
        return False


@pytest.mark.parametrize("make", [courses_source, enrolments_source, attendance_source])
def test_what_is_not_configured_says_what_to_set(make):
    with pytest.raises(Refused) as refused:
        make(CatalogueSettings())

    assert "set `" in refused.value.hint
