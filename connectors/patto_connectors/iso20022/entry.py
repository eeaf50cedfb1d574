"""From one entry of an account (`Ntry`) to rows: a row for each movement of which the bank tells the parts.

Sources: camt.053.001.02/.03/.04/.08 and camt.054.001.02/.04, `Ntry` (ReportEntry2, 3, 4, 10) and `NtryDtls/TxDtls`
(EntryTransaction2, 3, 4, 10). What differs between them: a part's own `Amt` is there from 03 on (in 02 it may be in
`AmtDtls/TxAmt`), `Sts` is a plain code before 08, a party's `Nm` stands in `Pty` from 08 on.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stdnum import iban as stdnum_iban

from patto_connectors.iso20022.message import STATUS_CODED
from patto_connectors.iso20022.nodes import (
    SIGNS,
    UnfitError,
    at,
    common,
    day,
    direction,
    euros,
    every,
    money,
    text,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

NONE_GIVEN: Final = frozenset({"NOTPROVIDED", "NOT PROVIDED", "NONREF", "N/A", "UNKNOWN", "-", "0"})
"""What banks write where a reference must stand and there is none (EPC: NOTPROVIDED; SWIFT: NONREF)."""
_OWN: Final = (
    "end_to_end_id",
    "instruction_id",
    "transaction_id",
    "transaction_reference",
    "payment_message_id",
    "payment_id",
    "transaction_code",
    "proprietary_code",
    "purpose",
    "return_reason",
    "remittance",
    "remittance_reference",
    "counterparty_name",
    "counterparty_iban",
    "additional",
)


class Entry(NamedTuple):
    """What an entry gave: its rows, and `camt.batch` where its parts are not the whole."""

    rows: list[dict[str, Any]]
    code: str
    amount: Decimal
    sign: int
    """1 for a credit, -1 for a debit."""
    currency: str
    status: str


def read_entry(entry: Mapping[str, Any], version: int, account: str | None) -> Entry:
    """Read an entry; its parts become rows of their own only where their amounts are the entry's amount.

    Otherwise the entry is one row, which keeps of the parts what all of them say (their common reference), and `code`
    says so. Where there is one part, the amount is the entry's: it is what moved on this account.

    Args:
        entry: the element, as `plain` gives it.
        version: of the message.
        account: the IBAN of the account itself, to tell the other party from it.

    Raises:
        UnfitError: the entry lacks what it must have.
    """
    amount, currency = money(entry, "Amt")
    sense = direction(entry)
    whole: dict[str, Any] = {
        "entry_reference": _reference(entry, "NtryRef"),
        "bank_reference": _reference(entry, "AcctSvcrRef"),
        "amount": euros(amount),
        "currency": currency,
        "direction": sense,
        "status": _status(entry, version),
        "reversal": text(entry, "RvslInd") in {"true", "1"},
        "booked_on": day(entry, "BookgDt"),
        "value_on": day(entry, "ValDt"),
        "batch_message_id": _reference(entry, "NtryDtls", "Btch", "MsgId"),
        "batch_id": _reference(entry, "NtryDtls", "Btch", "PmtInfId"),
        "batch_count": text(entry, "NtryDtls", "Btch", "NbOfTxs"),
    }
    details = [part for group in every(entry, "NtryDtls") for part in every(group, "TxDtls")]
    parts = [_part(each, entry, whole, version, account) for each in details or [{}]]
    code = ""
    if len(parts) == 1:
        rows = [whole | {name: parts[0][name] for name in _OWN}]
        code = "" if _fits(details, entry, amount, currency) else "camt.batch"
    elif _add_up(parts, amount * SIGNS[sense], currency):
        rows = [whole | part for part in parts]
    else:
        rows, code = [whole | {name: common(parts, name) for name in _OWN}], "camt.batch"
    for index, row in enumerate(rows, 1):
        row["part"], row["parts"] = index, len(rows)
    return Entry(rows, code, amount, SIGNS[sense], currency, whole["status"])


def _part(
    detail: Mapping[str, Any], entry: Mapping[str, Any], whole: Mapping[str, Any], version: int, account: str | None
) -> dict[str, Any]:
    """Read one `TxDtls`; `amount` is None where it does not say its own."""
    amount, currency, sense = _own_amount(detail, whole)
    domain = at(detail, "BkTxCd") or at(entry, "BkTxCd")
    code = [text(domain, "Domn", "Cd"), text(domain, "Domn", "Fmly", "Cd"), text(domain, "Domn", "Fmly", "SubFmlyCd")]
    name, iban = _other_party(detail, sense, version, reversal=whole["reversal"], account=account)
    return {
        "amount": amount,
        "currency": currency,
        "direction": sense,
        "end_to_end_id": _reference(detail, "Refs", "EndToEndId"),
        "instruction_id": _reference(detail, "Refs", "InstrId"),
        "transaction_id": _reference(detail, "Refs", "TxId"),
        "transaction_reference": _reference(detail, "Refs", "AcctSvcrRef"),
        "payment_message_id": _reference(detail, "Refs", "MsgId"),
        "payment_id": _reference(detail, "Refs", "PmtInfId"),
        "transaction_code": "/".join(part for part in code if part) or None,
        "proprietary_code": text(domain, "Prtry", "Cd"),
        "purpose": text(detail, "Purp", "Cd") or text(detail, "Purp", "Prtry"),
        "return_reason": text(detail, "RtrInf", "Rsn", "Cd") or text(detail, "RtrInf", "Rsn", "Prtry"),
        "remittance": _joined(every(at(detail, "RmtInf"), "Ustrd")),
        "remittance_reference": _joined(
            [text(each, "CdtrRefInf", "Ref") for each in every(at(detail, "RmtInf"), "Strd")]
        ),
        "counterparty_name": name,
        "counterparty_iban": iban,
        "additional": text(detail, "AddtlTxInf") or text(entry, "AddtlNtryInf"),
    }


def _own_amount(detail: Mapping[str, Any], whole: Mapping[str, Any]) -> tuple[str | None, str, str]:
    sense = direction(detail) if "CdtDbtInd" in detail else whole["direction"]
    for path in (("Amt",), ("AmtDtls", "TxAmt", "Amt")):
        if at(detail, *path) is not None:
            amount, currency = money(detail, *path)
            return euros(amount), currency, sense
    return None, whole["currency"], sense


def _fits(details: list[Any], entry: Mapping[str, Any], whole: Decimal, currency: str) -> bool:
    """Whether the one part of an entry says no other amount than the entry; charges explain a difference."""
    part = details[0] if details else {}
    if at(part, "Amt") is None or at(part, "Chrgs") is not None or at(entry, "Chrgs") is not None:
        return True
    amount, its_currency = money(part, "Amt")
    return its_currency != currency or amount == whole


def _add_up(parts: list[dict[str, Any]], signed: Decimal, currency: str) -> bool:
    if any(part["amount"] is None or part["currency"] != currency for part in parts):
        return False
    return sum(Decimal(part["amount"]) * SIGNS[part["direction"]] for part in parts) == signed


def _status(entry: Mapping[str, Any], version: int) -> str:
    if version < STATUS_CODED:
        code, where = (entry.get("Sts") or "").strip() if isinstance(entry.get("Sts"), str) else "", "Sts"
    else:
        code, where = text(entry, "Sts", "Cd") or text(entry, "Sts", "Prtry"), "Sts/Cd"
    if not code:
        raise UnfitError(where)
    return code


def _other_party(
    detail: Mapping[str, Any], sense: str, version: int, *, reversal: bool, account: str | None
) -> tuple[str | None, str | None]:
    """Give name and IBAN of the other party: of a credit the debtor, of a debit the creditor.

    A reversal names the parties of the payment that it takes back, so there it is the other way round; and where a bank
    names our own account on that side, the other side is meant.
    """
    parties = at(detail, "RltdPties")
    side, other = ("Dbtr", "Cdtr") if (sense == "CRDT") is not reversal else ("Cdtr", "Dbtr")
    if account is not None and iban_of(at(parties, f"{side}Acct")) == account:
        side = side if iban_of(at(parties, f"{other}Acct")) == account else other
    party = at(parties, side)
    if version >= STATUS_CODED:
        party = at(party, "Pty") or at(party, "Agt", "FinInstnId")
    return text(party, "Nm"), iban_of(at(parties, f"{side}Acct"))


def iban_of(account: Any) -> str | None:  # noqa: ANN401 - a mapping, or None
    """Give an account's IBAN; some banks write it as `Id/Othr/Id`."""
    iban = text(account, "Id", "IBAN")
    if iban is None:
        other = text(account, "Id", "Othr", "Id")
        iban = other if other is not None and stdnum_iban.is_valid(other, check_country=False) else None
    return None if iban is None else "".join(iban.split()).upper()


def _reference(node: Any, *path: str) -> str | None:  # noqa: ANN401 - a mapping
    found = text(node, *path)
    return None if found is None or found.upper() in NONE_GIVEN else found


def _joined(texts: list[Any]) -> str | None:
    return " ".join(" ".join(each.split()) for each in texts if isinstance(each, str) and each.strip()) or None
