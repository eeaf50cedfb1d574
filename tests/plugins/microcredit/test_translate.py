from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from patto_plugins.microcredit.translate import TABLE, LenderLoan, LenderOrder, LenderVisit
from patto_schemas.model.dialect import said
from patto_schemas.model.wire import canonical_json
from patto_schemas.rules import check
from patto_schemas.testing import entities

WIRES = {"loan": LenderLoan, "visit": LenderVisit, "payment_order": LenderOrder}


@given(st.sampled_from(sorted(WIRES)).flatmap(entities))
def test_what_is_said_in_the_dialect_is_read_back_the_same(record):
    row = json.dumps(said(record, TABLE))

    assert canonical_json(WIRES[record.kind].model_validate_json(row)) == canonical_json(record)


@pytest.fixture
def row(samples):
    def of(name, number=0, **changed):
        return {**json.loads((samples / f"in/{name}.json").read_text("utf-8"))["elenco"][number], **changed}

    return of


@pytest.mark.parametrize(
    ("name", "change", "where"),
    [
        ("loans", {"stato": "boh"}, "stato"),
        ("loans", {"importo": "3000,00"}, "importo"),
        ("loans", {"dataRichiesta": "12/01/2026"}, "dataRichiesta"),
        ("loans", {"regime": None}, "regime"),
        ("visits", {"luogo": "bar"}, "luogo"),
        ("orders", {"idEndToEnd": "rata di Mario"}, "idEndToEnd"),
        ("orders", {"ibanDestinatario": "IT60"}, "ibanDestinatario"),
    ],
)
def test_wrong_rows_are_told_by_the_operators_own_names(row, name, change, where):
    wire = {"loans": LenderLoan, "visits": LenderVisit, "orders": LenderOrder}[name]

    with pytest.raises(ValidationError) as caught:
        wire.model_validate_json(json.dumps(row(name, **change)))

    assert caught.value.errors()[0]["loc"][0] == where


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"importo": "10000.01", "dataDelibera": "2026-02-16", "stato": "deliberata"}, "R10.amount"),
        ({"mesi": 61, "dataDelibera": "2026-02-16", "stato": "deliberata"}, "R10.months"),
        (
            {
                "regime": "impresa",
                "dataRichiesta": "2019-02-01",
                "dataDelibera": "2019-02-16",
                "stato": "deliberata",
                "serviziAusiliari": ["monitoring"],
            },
            "R10.services",
        ),
    ],
)
def test_a_loan_beyond_its_regime_is_told_by_rule_r10(row, change, code):
    loan = LenderLoan.model_validate_json(json.dumps(row("loans", **change)))

    assert [issue.code for issue in check(loan)] == [code]
