"""Nothing new begins while a pact rests (rule R14); monitoring goes on."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from patto_hub import Dossier, Statement
from patto_plugins.social_districts.checks import begun_while_resting
from patto_schemas.model import Enrolment, Pact, PaymentOrder, Visit
from patto_schemas.model.pact import Suspension

PACT = Pact(
    pact_id="P-1",
    person_id="RSSMRA85T10A562S",
    ambito="LE/1",
    scheme="ReD_3",
    status="suspended",
    suspensions=(
        Suspension(valid_from=date(2026, 1, 10), valid_to=date(2026, 1, 20), reason="MALATTIA"),
        Suspension(valid_from=date(2026, 3, 1), reason="MALATTIA"),
    ),
)


def enrolment(day, status="enrolled"):
    return Enrolment(
        enrolment_id="E-1",
        person_id="RSSMRA85T10A562S",
        policy_id="14AAAAAAAAZ"[:11],
        type="course",
        status=status,
        started_on=day,
    )


def order(day, status="requested"):
    return PaymentOrder(
        order_id="O-1",
        type="indemnity",
        debtor_name="Ambito",
        debtor_iban="IT60X0542811101000000123456",
        creditor_name="Rossi",
        creditor_iban="IT60X0542811101000000123456",
        amount=Decimal("500.00"),
        requested_on=day,
        end_to_end_id="E2E-1",
        status=status,
    )


def found(record):
    statements = (Statement(partner="ambito_le_1", record=PACT), Statement(partner="altro", record=record))
    dossier = Dossier(pact="P-1", today=date(2026, 3, 9), statements=statements)
    return [(each.subject, each.sources) for each in begun_while_resting(dossier)]


@pytest.mark.parametrize("day", [date(2026, 1, 10), date(2026, 1, 19), date(2026, 3, 1), date(2026, 5, 1)])
def test_an_enrolment_or_a_payment_in_a_suspension_is_found(day):
    assert found(enrolment(day)) == [("enrolment:E-1", ("ambito_le_1", "altro"))]
    assert found(order(day)) == [("payment_order:O-1", ("ambito_le_1", "altro"))]


@pytest.mark.parametrize("day", [date(2026, 1, 9), date(2026, 1, 20), date(2026, 2, 28)])
def test_what_begins_before_or_after_is_well(day):
    assert found(enrolment(day)) == found(order(day)) == []


def test_what_is_over_or_only_monitored_is_well():
    resting = date(2026, 3, 5)

    assert found(enrolment(resting, "withdrawn")) == found(order(resting, "rejected")) == []
    assert found(Visit(visit_id="V-1", pact_id="P-1", on=resting, visitor="A1", place="home")) == []
