from __future__ import annotations

from pathlib import Path

import pytest

import patto_plugins.training_catalogue
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

SAMPLES = Path(patto_plugins.training_catalogue.__file__).with_name("samples")
NAMES = sorted(path.name for path in (SAMPLES / "in").iterdir())


def test_there_is_a_sample_of_each_dialect():
    assert NAMES == ["attendance.csv", "closings.json", "courses_elm.xml", "courses_xcri.xml", "enrolments.json"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_is_reproduced(name, translated):
    path = SAMPLES / "in" / name

    records = await translated(path)

    expected = (SAMPLES / "out" / f"{path.stem}.ndjson").read_text("utf-8").splitlines()
    assert [canonical_json(record).decode() for record in records] == expected
    assert [issue for record in records for issue in check(record)] == []


async def test_only_credits_are_beyond_the_canonical_course(translated):
    records = await translated(SAMPLES / "in" / "courses_xcri.xml")

    assert {name for record in records for name in extras(record)} == {"/xcri:credit"}


def test_the_enrolments_show_every_name_that_is_needed(translated):
    shown = (SAMPLES / "in" / "enrolments.json").read_text("utf-8")
    needed = ("id_iscrizione", "codice_fiscale", "id_politica", "tipo", "id_edizione", "stato", "attestato", "uscita")

    assert [name for name in needed if f'"{name}"' not in shown] == []
