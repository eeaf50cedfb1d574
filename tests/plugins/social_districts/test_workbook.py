"""An Ambito's workbook says what its service would say."""

from __future__ import annotations

import json
import shutil
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from patto_connectors.files import put
from patto_plugins.social_districts.fake import FakeSettings, wire_row
from patto_plugins.social_districts.fake_workbook import Workbook, rows_of, workbook_bytes
from patto_plugins.social_districts.settings import WorkbookSettings, workbooks
from patto_plugins.social_districts.translate import (
    DistrictMeasure,
    DistrictPact,
    DistrictPerson,
    DistrictRequest,
)
from patto_plugins.social_districts.workbook import COLUMNS, REGISTERS, key_of, translate
from patto_schemas.chronicle import Rates
from patto_schemas.model import Pact
from patto_schemas.model.pact import Commitment
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

BY_KIND = {each.kind: each for each in (DistrictPerson, DistrictPact, DistrictMeasure, DistrictRequest)}


async def read(folder, **more):
    return [batch async for batch in workbooks(WorkbookSettings(folder=folder, settle_seconds=0, **more)).read(None)]


def plain(record):
    held = json.loads(canonical_json(record))
    return {name: value for name, value in held.items() if name not in {"revision", "modified_at"}}


@pytest.fixture
def last(right):
    """The last word of each record of an Ambito."""
    told = right.model_copy(update={"people": 25}).stage().due("LE/1")
    return {(each.record.kind, each.record.key): each.record for each in told}


async def test_the_sample_gives_its_records(folder, tmp_path):
    shutil.copy(folder / "samples/in/workbook.xlsx", tmp_path / "w.xlsx")

    records = [translate(row) for batch in await read(tmp_path) for row in batch.rows]

    expected = (folder / "samples/out/workbook.ndjson").read_text("utf-8").splitlines()
    assert [canonical_json(record).decode() for record in records] == expected
    assert {record.kind for record in records} == set(BY_KIND)
    assert [check(record) for record in records] == [[]] * len(records)


async def test_a_workbook_says_the_same_as_the_service(last, tmp_path):
    put(tmp_path / "w.xlsx", workbook_bytes(last.values()))

    (page,) = await read(tmp_path)
    records = [translate(row) for row in page.rows]

    served = [BY_KIND[record.kind].model_validate_json(wire_row(record)) for record in last.values()]
    assert {record.kind for record in records} == set(BY_KIND)
    assert {(each.kind, each.key): plain(each) for each in records} == {
        (each.kind, each.key): plain(each) for each in served
    }
    assert [extras(record) for record in records] == [{}] * len(records)
    assert (page.troubles, page.replaces) == ((), ("",))


async def test_a_workbook_that_is_not_all_takes_nothing_away(last, tmp_path):
    put(tmp_path / "w.xlsx", workbook_bytes(last.values()))

    (page,) = await read(tmp_path, whole=False)

    assert page.replaces == ()


def test_every_sheet_of_the_fake_is_agreed(last):
    assert set(rows_of(last.values())) <= set(COLUMNS)
    beyond = {
        (sheet, name)
        for sheet, rows in rows_of(last.values()).items()
        for row in rows
        for name, value in row.items()
        if name not in COLUMNS[sheet].split() and value not in (None, [], "")
    }
    assert {name for _, name in beyond} <= {
        "modificatoIl",
        "versione",
        "schemaPersona",
        "schemaPatto",
        "schemaErogatore",
        "schemaOspitante",
        "identificativi",
    }


ROW = {"@register": "Patti", "@sheet": "Patti", "idPatto": "P-1", "codiceFiscale": "RSSMRA85T10A562S"}
ROW |= {"ambito": "LE/1", "misura": "ReD_3", "stato": "attivo"}


def test_cells_that_lost_their_zeros_and_words_in_italian_are_read():
    pact = translate(
        ROW
        | {"comune": "71051", "componentiNucleo": "4", "indennitaImporto": "500", "indennitaMesi": "12"}
        | {"impegni": [{"idImpegno": "I1", "descrizione": "Frequentare", "condizionalita": "SÌ", "rispettato": "no"}]}
        | {"consensi": [{"schemaEnte": "cpi_11", "codiceEnte": "E506C000123", "ambitoInformativo": "sociale"}
                        | {"concesso": "sì", "registratoIl": "2026-03-02T10:00:00"}]}
    )  # fmt: skip

    assert (pact.municipality, pact.household_size, pact.indemnity.months) == ("071051", 4, 12)
    assert [(each.conditional, each.kept) for each in pact.commitments] == [(True, False)]
    assert pact.consents[0].at.isoformat() == "2026-03-02T10:00:00+01:00"


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"stato": "boh"}, ValidationError),
        ({"dataFirma": "31/02/2026"}, ValidationError),
        ({"componentiNucleo": "quattro"}, ValidationError),
        ({"impegni": [{"idImpegno": "I1", "descrizione": "x", "condizionalita": "forse"}]}, ValueError),
    ],
)
def test_what_cannot_be_read_sets_its_row_aside(more, error):
    with pytest.raises(error):
        translate(ROW | more)


async def test_a_later_workbook_names_what_is_there_now(last, tmp_path):
    workbook = Workbook(tmp_path)
    for told in FakeSettings(people=3, rates=Rates(mistakes=0)).stage().due("LE/1"):
        workbook.show(told)
    await workbook.drop()
    first = (tmp_path / "patti_in_carico.xlsx").read_bytes()
    await workbook.drop()

    assert (tmp_path / "patti_in_carico.xlsx").read_bytes() == first  # nothing had changed
    assert workbook.changed is False


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=40)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=_TEXT, kept=st.sampled_from([True, False, None]), day=st.dates(date(2001, 1, 1), date(2098, 12, 31)))
async def test_any_commitment_comes_back_as_it_was_written(tmp_path_factory, text, kept, day):
    folder = tmp_path_factory.mktemp("w")
    pact = Pact(
        pact_id="P-1",
        person_id="RSSMRA85T10A562S",
        ambito="LE/1",
        scheme="ReD_3",
        status="active",
        signed_on=day,
        commitments=(Commitment(commitment_id="I1", text=text, kept=kept),),
    )
    put(folder / "w.xlsx", workbook_bytes([pact]))

    ((row,),) = [batch.rows for batch in await read(folder)]

    assert plain(translate(row)) == plain(pact)


def test_sheets_are_found_however_they_are_written():
    assert all(each.wants(f"  {each.name.upper()} 2026 ") for each in REGISTERS)


def test_a_row_that_cannot_be_read_still_says_whom_it_speaks_of():
    assert key_of(ROW | {"stato": "boh"}) == ("pact", "P-1")
    assert key_of({"@register": "Persone", "idPersona": "PE-1"}) == ("person", "PE-1")
    assert key_of({"@register": "Patti"}) is None
    assert key_of({"@register": "Impegni", "idPatto": "P-1"}) is None
