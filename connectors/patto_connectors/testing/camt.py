"""A bank for tests and demos: statements (camt.053) and notices (camt.054) of invented movements, which add up.

Written after the structure of camt.053.001.02, .03, .04, .08 and of camt.054.001.02, .04: one function per element, the
few differences between versions beside each other. What it gives is valid against their schemas.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from lxml import etree

from patto_connectors.iso20022.message import STATUS_CODED, Message
from patto_connectors.iso20022.nodes import SIGNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from lxml.etree import _Element as Element

OWN_AMOUNT = 3
"""From this version on each part of an entry says its amount."""
NET_WRAPPED = 4
"""From this version on the net total holds its amount and sign in an element of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The account that a statement is of."""

    iban: str
    name: str = "Microcredito Sociale"
    currency: str = "EUR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One entry of the account, or one part of an entry."""

    amount: Decimal
    direction: str = "CRDT"
    """`CRDT` or `DBIT`."""
    booked_on: date | None = None
    value_on: date | None = None
    status: str = "BOOK"
    reversal: bool = False
    bank_reference: str | None = None
    end_to_end_id: str | None = None
    instruction_id: str | None = None
    transaction_id: str | None = None
    name: str | None = None
    """The other party's."""
    iban: str | None = None
    """The other party's."""
    remittance: Sequence[str] = ()
    creditor_reference: str | None = None
    return_reason: str | None = None
    code: tuple[str, str, str] = ("PMNT", "RCDT", "ESCT")
    parts: Sequence[Booking] = ()
    """The movements of a batch; their amounts should add up to the entry's."""
    batch_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """The entries of an account between two balances."""

    statement_id: str
    account: Account
    opening: Decimal = Decimal(0)
    bookings: Sequence[Booking] = ()
    created_at: datetime
    sequence: int | None = None
    closing: Decimal | None = None
    """None: what adds up; another figure makes a statement that does not."""
    totals: bool = True
    """Whether it has control sums."""
    opening_code: str = field(default="OPBD")

    @property
    def end(self) -> Decimal:
        """The closing balance."""
        moved = sum((each.amount * SIGNS[each.direction] for each in self.bookings if each.status == "BOOK"), Decimal())
        return self.opening + moved if self.closing is None else self.closing


def camt(message: Message | str, statements: Sequence[Statement], *, message_id: str, created_at: datetime) -> bytes:
    """Write a message.

    Args:
        message: as `camt.053.001.08`.
        statements: one per account and period.
        message_id: the bank's reference of the message.
        created_at: aware.
    """
    if isinstance(message, str):
        message = Message(name=message[:8], version=int(message[-2:]))
    root = etree.Element(message.tag("Document"), nsmap=cast("dict[str, str]", {None: message.namespace}))
    body = _Writer(message, etree.SubElement(root, message.tag(message.body)))
    header = body.sub("GrpHdr")
    header.add("MsgId", message_id)
    header.add("CreDtTm", created_at.isoformat(timespec="seconds"))
    for statement in statements:
        _statement(body.sub(message.holder), statement)
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


@dataclass(frozen=True, slots=True)
class _Writer:
    message: Message
    element: Element

    def sub(self, *path: str) -> _Writer:
        """Add an element within elements."""
        inner = self.element
        for name in path:
            inner = etree.SubElement(inner, self.message.tag(name))
        return _Writer(self.message, inner)

    def add(self, path: str, value: object, **attributes: str) -> None:
        """Add an element with a text, where there is one; `/` makes the elements around it."""
        if value is not None:
            leaf = self.sub(*path.split("/")).element
            leaf.text = str(value)
            for name, text in attributes.items():
                leaf.set(name, text)


def _statement(at: _Writer, statement: Statement) -> None:
    account = statement.account
    at.add("Id", statement.statement_id)
    at.add("ElctrncSeqNb", statement.sequence)
    at.add("CreDtTm", statement.created_at.isoformat(timespec="seconds"))
    holder = at.sub("Acct")
    holder.add("Id/IBAN", account.iban)
    holder.add("Ccy", account.currency)
    holder.add("Ownr/Nm", account.name)
    if at.message.name == "camt.053":
        on = statement.created_at.date()
        for code, amount in ((statement.opening_code, statement.opening), ("CLBD", statement.end)):
            _balance(at.sub("Bal"), code, amount, account.currency, on)
    if statement.totals:
        _totals(at.sub("TxsSummry"), statement.bookings)
    for booking in statement.bookings:
        _entry(at.sub("Ntry"), booking, account)


def _balance(at: _Writer, code: str, amount: Decimal, currency: str, on: date) -> None:
    at.add("Tp/CdOrPrtry/Cd", code)
    at.add("Amt", _plain(abs(amount)), Ccy=currency)
    at.add("CdtDbtInd", "DBIT" if amount < 0 else "CRDT")
    at.add("Dt/Dt", on.isoformat())


def _totals(at: _Writer, bookings: Sequence[Booking]) -> None:
    net = sum((each.amount * SIGNS[each.direction] for each in bookings), Decimal())
    total = at.sub("TtlNtries")
    total.add("NbOfNtries", len(bookings))
    total.add("Sum", _plain(sum((each.amount for each in bookings), Decimal())))
    wrapped = at.message.version >= NET_WRAPPED
    holder = total.sub("TtlNetNtry") if wrapped else total
    holder.add("Amt" if wrapped else "TtlNetNtryAmt", _plain(abs(net)))
    holder.add("CdtDbtInd", "DBIT" if net < 0 else "CRDT")
    for name, code in (("TtlCdtNtries", "CRDT"), ("TtlDbtNtries", "DBIT")):
        some = [each.amount for each in bookings if each.direction == code]
        group = at.sub(name)
        group.add("NbOfNtries", len(some))
        group.add("Sum", _plain(sum(some, Decimal())))


def _entry(at: _Writer, booking: Booking, account: Account) -> None:
    at.add("Amt", _plain(booking.amount), Ccy=account.currency)
    at.add("CdtDbtInd", booking.direction)
    at.add("RvslInd", "true" if booking.reversal else None)
    at.add("Sts/Cd" if at.message.version >= STATUS_CODED else "Sts", booking.status)
    at.add("BookgDt/Dt", booking.booked_on)
    at.add("ValDt/Dt", booking.value_on)
    at.add("AcctSvcrRef", booking.bank_reference)
    _code(at.sub("BkTxCd"), booking)
    details = at.sub("NtryDtls")
    if booking.parts:
        batch = details.sub("Btch")
        batch.add("PmtInfId", booking.batch_id)
        batch.add("NbOfTxs", len(booking.parts))
    for part in booking.parts or (booking,):
        _part(details.sub("TxDtls"), part, booking, account)


def _part(at: _Writer, part: Booking, entry: Booking, account: Account) -> None:
    references = at.sub("Refs")
    references.add("AcctSvcrRef", None if part is entry else part.bank_reference)
    references.add("PmtInfId", entry.batch_id)
    references.add("InstrId", part.instruction_id)
    references.add("EndToEndId", part.end_to_end_id or "NOTPROVIDED")
    references.add("TxId", part.transaction_id)
    if at.message.version >= OWN_AMOUNT:
        at.add("Amt", _plain(part.amount), Ccy=account.currency)
        at.add("CdtDbtInd", part.direction)
    else:
        at.add("AmtDtls/TxAmt/Amt", _plain(part.amount), Ccy=account.currency)
    _code(at.sub("BkTxCd"), part)
    if part.name or part.iban:
        _parties(at.sub("RltdPties"), part, account, reversal=entry.reversal)
    if part.remittance or part.creditor_reference:
        text = at.sub("RmtInf")
        for line in part.remittance:
            text.add("Ustrd", line)
        text.add("Strd/CdtrRefInf/Ref", part.creditor_reference)
    at.add("RtrInf/Rsn/Cd", part.return_reason)


def _code(at: _Writer, booking: Booking) -> None:
    domain, family, sub_family = booking.code
    holder = at.sub("Domn")
    holder.add("Cd", domain)
    holder.add("Fmly/Cd", family)
    holder.element[-1].append(_leaf(at, "SubFmlyCd", sub_family))


def _leaf(at: _Writer, name: str, value: str) -> Element:
    leaf = etree.Element(at.message.tag(name))
    leaf.text = value
    return leaf


def _parties(at: _Writer, part: Booking, account: Account, *, reversal: bool) -> None:
    """Name both parties of a payment; a reversal names those of the payment that it takes back."""
    theirs, ours = (part.name, part.iban), (account.name, account.iban)
    from_them = (part.direction == "CRDT") is not reversal
    for side, (name, iban) in zip(("Dbtr", "Cdtr"), (theirs, ours) if from_them else (ours, theirs), strict=True):
        at.add(f"{side}/Pty/Nm" if at.message.version >= STATUS_CODED else f"{side}/Nm", name)
        at.add(f"{side}Acct/Id/IBAN", iban)


def _plain(amount: Decimal) -> str:
    return f"{amount:.2f}"
