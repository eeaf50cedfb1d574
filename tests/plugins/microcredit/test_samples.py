from __future__ import annotations

import json

import pytest

from patto_connectors.contract import Batch
from patto_connectors.iso20022 import read_camt
from patto_plugins.microcredit import movements
from patto_plugins.microcredit.payments import sink
from patto_plugins.microcredit.settings import BankSettings
from patto_plugins.microcredit.translate import TABLE, LenderLoan, LenderOrder, LenderVisit
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

WIRES = {"loans": LenderLoan, "visits": LenderVisit, "orders": LenderOrder}


@pytest.mark.parametrize("name", WIRES)
def test_rows_of_a_service_are_reproduced(samples, name):
    rows = json.loads((samples / f"in/{name}.json").read_text("utf-8"))["elenco"]

    records = [WIRES[name].model_validate_json(json.dumps(row)) for row in rows]

    assert [canonical_json(each).decode() for each in records] == _lines(samples / f"out/{name}.ndjson")
    assert [extras(each) for each in records] == [{}] * len(records)
    assert [check(each) for each in records] == [[]] * len(records)


@pytest.mark.parametrize("name", ["statement_camt.053.001.08", "notice_camt.054.001.04"])
def test_files_of_a_bank_are_reproduced(samples, name):
    pages = list(read_camt((samples / f"in/{name}.xml").read_bytes()))

    records = [movements.translate(row) for page in pages for row in page.rows]

    assert [canonical_json(each).decode() for each in records] == _lines(samples / f"out/{name}.ndjson")
    assert [trouble for page in pages for trouble in page.troubles] == []
    assert [check(each) for each in records] == [[]] * len(records)


@pytest.fixture
def handed(orders, delivered):
    return [delivered(each, number) for number, each in enumerate(orders)]


@pytest.mark.parametrize("form", ["pain.001.001.09", "CBIPaymentRequest.00.04.01"])
@pytest.mark.usefixtures("clock")
async def test_the_order_file_of_the_sample_orders_is_reproduced(samples, tmp_path, handed, account, form):
    settings = BankSettings(deliveries=tmp_path / "out", accounts=(account(form=form),))
    (tmp_path / "out").mkdir()

    await sink(settings).write(Batch(rows=handed))

    (written,) = (tmp_path / "out").iterdir()
    assert written.read_bytes() == (samples / f"out/payments_{form}.xml").read_bytes()


def test_samples_show_every_name_of_the_dialect(samples):
    shown = " ".join((samples / f"in/{name}.json").read_text("utf-8") for name in WIRES)
    names = {rule if isinstance(rule, str) else rule["name"] for entry in TABLE.values() for rule in entry.values()}

    assert [name for name in sorted(names) if f'"{name}"' not in shown] == []


def _lines(path):
    return path.read_text("utf-8").splitlines()
