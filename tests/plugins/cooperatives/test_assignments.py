from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from patto_connectors.contract import Batch
from patto_connectors.errors import Rejected
from patto_plugins.cooperatives.assignments import (
    ASSIGNMENTS,
    COLUMNS,
    LEGEND,
    AssignedIdentifier,
    AssignedMeasure,
    AssignedPact,
    AssignedPerson,
    render,
    sink,
)
from patto_plugins.cooperatives.settings import CooperativeSettings

OURS = "01234567897"
PERSON = AssignedPerson(
    person_id="PE-1",
    identifiers=(AssignedIdentifier(scheme="cf", value="RSSMRA80A01H501U"),),
    given_name="Maria",
    family_name="Rossi",
)
PACT = AssignedPact(pact_id="P-1", person_id="RSSMRA80A01H501U")


def measure(**more):
    fields = {"measure_id": "I-1", "type": "internship", "policy_id": "140F358F85S", "host_id": OURS}
    return AssignedMeasure(**{**fields, "title": "Tirocinio", **more})


def change(record, beside=(), number=1, op="upsert"):
    head = {"id": f"{record.kind}-{number}", "version": 1, "change": op, "kind": record.kind, "source": "ambito_le_1"}
    return head | ({"data": dict(render(record, beside))} if op == "upsert" else {})


@pytest.fixture
def deliver(tmp_path):
    made = sink(CooperativeSettings(folder=tmp_path / "in", deliveries=tmp_path, bodies=(OURS,)))

    async def of(*rows, name="host-assignments-1-9"):
        return await made.write(Batch(rows=list(rows), name=name))

    return of


def sheet(path, name="Dati"):
    header, *rows = CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())).get_sheet_by_name(name).to_python()
    return [{name: value for name, value in zip(header, row, strict=True) if value != ""} for row in rows]


async def test_an_assignment_says_who_what_where_and_when(deliver, tmp_path):
    given = measure(
        planned_end_on=date(2026, 9, 1), planned_hours=Decimal(240), events=[{"code": "02", "on": date(2026, 3, 2)}]
    )

    receipt = await deliver(change(given, [PERSON, PACT]))

    (row,) = sheet(tmp_path / receipt.reference)
    assert row == {
        "Variazione": "assegnato",
        "Riferimento": "measure-1",
        "Politica": "140F358F85S",
        "Codice fiscale": "RSSMRA80A01H501U",
        "Cognome": "Rossi",
        "Nome": "Maria",
        "Tipo": "tirocinio",
        "Intervento": "Tirocinio",
        "Soggetto": OURS,
        "Fine prevista": date(2026, 9, 1),
        "Ore previste": 240.0,
        "Evento": "02 Avviata",
    }
    assert [tuple(each.values()) for each in sheet(tmp_path / receipt.reference, "Legenda")] == list(LEGEND)


@pytest.mark.parametrize(("op", "word"), [("withdraw", "ritirato"), ("delete", "cancellato"), ("erase", "cancellato")])
async def test_what_is_withdrawn_or_deleted_is_named_so_without_a_word_on_the_person(op, word, deliver, tmp_path):
    receipt = await deliver(change(measure(), op=op), change(PERSON, op=op), change(PACT, op=op))

    assert sheet(tmp_path / receipt.reference) == [{"Variazione": word, "Riferimento": "measure-1"}]
    assert receipt.accepted == 3


async def test_a_person_who_comes_later_completes_all_assignments(deliver, tmp_path):
    beside = [measure(), measure(policy_id="141E000305U", type="on_the_job"), measure(type="training"), PACT]

    receipt = await deliver(change(PERSON, beside))

    rows = sheet(tmp_path / receipt.reference)
    assert [(each["Politica"], each["Cognome"]) for each in rows] == [
        ("140F358F85S", "Rossi"),
        ("141E000305U", "Rossi"),
    ]
    assert not any("Riferimento" in each for each in rows)


@pytest.mark.parametrize(
    "row",
    [
        change(measure(host_id="98765432103"), [PERSON, PACT]),
        change(measure(type="training"), [PERSON, PACT]),
        change(measure(measure_id="140F358F85S"), [PERSON, PACT]),  # a centre's word on the same measure
        change(PACT, [PERSON, measure()]),
        change(PERSON.model_copy(update={"identifiers": ()}), [measure(), PACT]),
    ],
)
async def test_what_concerns_others_is_passed_by(row, deliver, tmp_path):
    receipt = await deliver(row)

    assert (receipt.accepted, receipt.reference, list(tmp_path.glob("*.xlsx"))) == (1, "", [])


async def test_nobody_is_told_of_anybody_where_no_body_is_set(tmp_path):
    made = sink(CooperativeSettings(folder=tmp_path / "in", deliveries=tmp_path))

    receipt = await made.write(Batch(rows=[change(measure(), [PERSON, PACT])], name="b"))

    assert receipt.reference == ""


async def test_the_same_batch_again_gives_the_same_file(deliver, tmp_path):
    first = await deliver(change(measure(), [PERSON, PACT]))
    content = (tmp_path / first.reference).read_bytes()

    again = await deliver(change(measure(), [PERSON, PACT]))

    assert again == first
    assert (tmp_path / first.reference).read_bytes() == content
    assert (tmp_path / f"{first.reference}.sha256").read_text().startswith(first.digest)


async def test_a_row_that_a_workbook_cannot_carry_is_named_by_its_place_in_the_batch(deliver):
    with pytest.raises(Rejected) as wrong:
        await deliver(
            change(PACT), change(measure(title="x\x01"), [PERSON, PACT], 2), change(measure(), [PERSON, PACT], 3)
        )

    assert [(item.index, item.code) for item in wrong.value.items] == [(1, "sheet.character")]


async def test_a_text_that_looks_like_a_formula_stays_a_text(deliver, tmp_path):
    receipt = await deliver(change(measure(title="=1+1"), [PERSON, PACT]))

    assert sheet(tmp_path / receipt.reference)[0]["Intervento"] == "=1+1"


def test_the_feed_says_why_and_on_which_basis_and_lets_out_nothing_else():
    assert {each.kind for each in ASSIGNMENTS.views} == {"measure", "person", "pact"}
    assert all("GDPR" in each.legal_basis[language] for each in ASSIGNMENTS.views for language in ("it", "en"))
    fields = {name for each in ASSIGNMENTS.views for name in each.shape.model_fields}
    assert (
        fields & {"residence", "birth_date", "note", "description", "vulnerable_group", "indemnity", "contacts"}
        == set()
    )
    assert len(COLUMNS) == len(set(COLUMNS))
