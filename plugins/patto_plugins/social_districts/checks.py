"""What an Ambito's pact forbids others: nothing new begins while it rests (rule R14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patto_hub import Check, Finding
from patto_schemas.issues import Owner
from patto_schemas.model import Enrolment, Pact, PaymentOrder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from patto_hub import Dossier, Statement


def begun_while_resting(dossier: Dossier) -> Iterator[Finding]:
    """Find enrolments that began, and payments that are due, in a suspension; monitoring goes on."""
    for said in dossier.statements:
        if not isinstance(said.record, Pact):
            continue
        for other in dossier.statements:
            day = _day(other)
            if day is not None and _rests(said.record, day):
                yield Finding(
                    subject=f"{other.record.kind}:{other.record.key}",
                    sources=(said.partner, other.partner),
                    owner=Owner.AMBITO,
                )


def _day(said: Statement) -> date | None:
    """Give the day on which something new begins; None for what is over, withdrawn or only monitored."""
    record = said.record
    if isinstance(record, Enrolment) and record.status in {"requested", "admitted", "enrolled"}:
        return record.started_on or record.requested_on
    if isinstance(record, PaymentOrder) and record.status != "rejected":
        return record.requested_on
    return None


def _rests(pact: Pact, day: date) -> bool:
    return any(rest.valid_from <= day and (rest.valid_to is None or day < rest.valid_to) for rest in pact.suspensions)


CHECKS = (
    Check(
        rule="pact.begun_while_resting",
        find=begun_while_resting,
        summary={
            "it": "Iscrizione o pagamento durante una sospensione del patto (R14)",
            "en": "Enrolment or payment while the pact is suspended (R14)",
        },
    ),
)
