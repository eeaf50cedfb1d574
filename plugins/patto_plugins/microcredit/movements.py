"""From a row of a bank's statement or notice to a movement, with as little of it as reconciling needs.

Kept: account, days, amount, direction, references. Not kept: who paid or was paid, their account, what they wrote; a
reference that no programme could have given (it holds blanks, so perhaps a person's words) is left out too.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from patto_schemas.model import Movement
from patto_schemas.model.types import END_TO_END_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES: Final = MappingProxyType({"BOOK": "booked", "PDNG": "pending", "INFO": "info", "FUTR": "info"})
"""By the bank's code; FUTR (from version 08 on) tells of what will come, so it is information."""
DIRECTIONS: Final = MappingProxyType({"CRDT": "credit", "DBIT": "debit"})
STATEMENT: Final = "camt.053"
_REFERENCE: Final = re.compile(END_TO_END_PATTERN)


def translate(row: Mapping[str, Any]) -> Movement:
    """Translate one row of `CamtSource`.

    The same movement comes in a notice (camt.054) and in a statement (camt.053), in either order and perhaps twice, so
    `revision` says how far it has come: pending, booked, in a statement. What says less never replaces what says more.

    Raises:
        KeyError: the bank uses a status that no version of the message has.
        ValidationError: the account is none that can be reconciled: it has no IBAN.
    """
    status, stated = STATES[row["status"]], str(row["message"]).startswith(STATEMENT)
    reference = row["end_to_end_id"]
    return Movement.model_validate(
        {
            "movement_id": row["key"],
            "revision": 2 * (status == "booked") + stated,
            "account_iban": row["account_iban"],
            "statement_id": row["statement_id"] if stated else None,
            "booked_on": row["booked_on"],
            "value_on": row["value_on"],
            "amount": row["amount"],
            "direction": DIRECTIONS[row["direction"]],
            "currency": row["currency"],
            "status": status,
            "end_to_end_id": reference if reference and _REFERENCE.fullmatch(reference) else None,
            "bank_reference": row["bank_reference"] if row["parts"] == 1 else row["transaction_reference"],
            "transaction_code": row["transaction_code"],
        }
    )
