"""A key for each movement, which is the same however often and in whichever message the bank tells of it.

Banks send a file twice (same `MsgId`), a notice (camt.054) and then the statement (camt.053), a statement in version 02
and then in 08: the key holds nothing of the file, the message or the statement. It is a digest, because a reference may
hold what a person wrote. Always in it: account, direction, amount, currency, whether it is a reversal; and then

1. the bank's own reference of the part or of the entry (`AcctSvcrRef`), which ISO 20022 calls unambiguous. One that is
   shorter than eight characters is taken for a counter, and the day goes with it;
2. else what the payment is called between the banks (`TxId`, `EndToEndId`) and the day;
3. else the days, the code, the text and the other account: all that there is.

What is equal in all that and stands several times in one statement is several movements: they are numbered. The limits:
a bank that gives `AcctSvcrRef` in one message only, or books a batch in the statement as one entry and tells its parts
only in the notice, makes two keys of one movement (read only one of its two messages then); a pending movement without
a day and without a reference gets another key when it is booked; equal movements without any reference of which a bank
tells one in each page are one.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORT = 8


def identity(row: Mapping[str, Any]) -> bytes:
    """Give the digest of what makes a movement this one; 16 bytes."""
    always = (row["account_iban"] or row["account_other"], row["direction"], row["amount"], row["currency"])
    parts = (*always, str(row["reversal"]), *_name(row))
    return blake2b("\x1f".join(part or "" for part in parts).encode(), digest_size=16).digest()


def _name(row: Mapping[str, Any]) -> tuple[str | None, ...]:
    on = row["value_on"] or row["booked_on"]
    payment = row["transaction_id"], row["end_to_end_id"]
    reference = row["transaction_reference"] or row["bank_reference"]
    if reference is not None:
        whose = payment if row["parts"] > 1 and row["transaction_reference"] is None else ()
        return ("reference", reference, on if len(reference) < _SHORT else "", *whose)
    if any(payment):
        return ("payment", *payment, on)
    return (
        "content",
        row["booked_on"],
        row["value_on"],
        row["transaction_code"] or row["proprietary_code"],
        row["remittance"],
        row["remittance_reference"],
        row["counterparty_iban"],
    )


def numbered(digest: bytes, times: int) -> str:
    """Write a key; the second equal movement of a statement is `…-2`."""
    return digest.hex() if times == 1 else f"{digest.hex()}-{times}"
