from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import patto_plugins.cooperatives
from patto_plugins.cooperatives.profiles import INTERNSHIPS, SERVICE_REGISTERS
from patto_plugins.cooperatives.translate import translate
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

SAMPLES = Path(patto_plugins.cooperatives.__file__).with_name("samples")
NAMES = sorted(path.name for path in (SAMPLES / "in").iterdir())


def test_there_is_a_sample_of_each_form():
    assert NAMES == ["presenze.csv", "registro.ods", "registro.xlsx", "servizi.xlsx"]


@pytest.mark.parametrize("name", NAMES)
async def test_a_sample_is_reproduced(name, tmp_path, read):
    shutil.copy(SAMPLES / "in" / name, tmp_path / name)

    batches = await read(tmp_path, SERVICE_REGISTERS if name == "servizi.xlsx" else INTERNSHIPS)

    records = [translate(row) for batch in batches for row in batch.rows]
    expected = (SAMPLES / "out" / f"{name.replace('.', '_')}.ndjson").read_text("utf-8").splitlines()
    assert [canonical_json(record).decode() for record in records] == expected
    assert [trouble for batch in batches for trouble in batch.troubles] == []
    assert [issue for record in records for issue in check(record)] == []
    assert [extras(record) for record in records] == [{}] * len(records)
