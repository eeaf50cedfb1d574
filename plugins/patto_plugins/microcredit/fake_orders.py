"""How the fake bank reads an order file: as a bank does, so that what could not be paid is found out in a test.

Reads pain.001.001.03, pain.001.001.09 and CBIPaymentRequest.00.04.01 by their structure; see `iso20022/write.py` for
what differs between them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from lxml import etree
from stdnum import iban as stdnum_iban

from patto_connectors.xml.gate import judge

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ISO: Final = "urn:iso:std:iso:20022:tech:xsd:"
FORMS: Final = {
    f"{_ISO}pain.001.001.03": ("Document", "CstmrCdtTrfInitn", "ReqdExctnDt"),
    f"{_ISO}pain.001.001.09": ("Document", "CstmrCdtTrfInitn", "ReqdExctnDt/Dt"),
    "urn:CBI:xsd:CBIPaymentRequest.00.04.01": ("CBIPaymentRequest", "", "ReqdExctnDt/Dt"),
}
"""By namespace: the root, the body within it, and where the day of execution stands."""


class UnreadableOrder(ValueError):  # noqa: N818 - what the bank says of it
    """An order file that a bank sends back; the message says why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One transfer of an order file."""

    account: str
    """The IBAN that pays."""
    on: date
    amount: Decimal
    end_to_end_id: str
    name: str
    iban: str


@dataclass(frozen=True, slots=True)
class OrderFile:
    """What a bank understands of an order file."""

    form: str
    message_id: str
    transfers: tuple[Asked, ...]


def read_order(content: bytes) -> OrderFile:
    """Read an order file, and add it up.

    Raises:
        UnreadableOrder: it is no order, or its sums, accounts or references are wrong.
        Malformed: it begins as no XML that a bank takes.
    """
    judge(content, final=True)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as wrong:
        raise UnreadableOrder("no XML") from wrong
    namespace = etree.QName(root).namespace or ""
    if namespace not in FORMS:
        raise UnreadableOrder(f"no order: {namespace}")
    outer, inner, day = FORMS[namespace]
    at = _Reader(namespace)
    body = root if not inner else at.one(root, inner)
    if etree.QName(root).localname != outer:
        raise UnreadableOrder("another root")
    transfers = tuple(_transfer(at, group, each, day) for group, each in at.payments(body))
    _adds_up(at, body, transfers)
    return OrderFile(namespace.rpartition(":")[2], at.text(body, "GrpHdr/MsgId"), transfers)


def _transfer(at: _Reader, group: Element, each: Element, day: str) -> Asked:
    amount = at.one(each, "Amt/InstdAmt")
    if amount.get("Ccy") != "EUR":
        raise UnreadableOrder("no euros")
    found = Asked(
        account=at.text(group, "DbtrAcct/Id/IBAN"),
        on=date.fromisoformat(at.text(group, day)),
        amount=Decimal(amount.text or "0"),
        end_to_end_id=at.text(each, "PmtId/EndToEndId"),
        name=at.text(each, "Cdtr/Nm"),
        iban=at.text(each, "CdtrAcct/Id/IBAN"),
    )
    if found.amount <= 0 or not all(map(stdnum_iban.is_valid, (found.account, found.iban))):
        raise UnreadableOrder("an amount or an account that is none")
    return found


def _adds_up(at: _Reader, body: Element, transfers: tuple[Asked, ...]) -> None:
    count, total = int(at.text(body, "GrpHdr/NbOfTxs")), Decimal(at.text(body, "GrpHdr/CtrlSum"))
    if (count, total) != (len(transfers), sum((each.amount for each in transfers), Decimal())):
        raise UnreadableOrder("control sums that are wrong")
    if len({each.end_to_end_id for each in transfers}) != count:
        raise UnreadableOrder("one reference for two transfers")


class _Reader:
    """Finds elements of one namespace."""

    def __init__(self, namespace: str) -> None:
        self._names = {"o": namespace}

    def one(self, parent: Element, path: str) -> Element:
        """Give the one element at a path."""
        found = self._all(parent, path)
        if len(found) != 1:
            raise UnreadableOrder(f"{len(found)} times {path}")
        return found[0]

    def text(self, parent: Element, path: str) -> str:
        """Give an element's text."""
        text = self.one(parent, path).text
        if not text:
            raise UnreadableOrder(f"nothing in {path}")
        return text

    def payments(self, body: Element) -> list[tuple[Element, Element]]:
        """Give each transfer with the group that it stands in."""
        return [(group, each) for group in self._all(body, "PmtInf") for each in self._all(group, "CdtTrfTxInf")]

    def _all(self, parent: Element, path: str) -> list[Element]:
        found = parent.xpath("/".join(f"o:{step}" for step in path.split("/")), namespaces=self._names)
        return cast("list[Element]", found)
