"""An order as the bytes of a file: pain.001.001.03, pain.001.001.09, CBIPaymentRequest.00.04.01.

Sources: the messages' structure (CustomerCreditTransferInitiationV03 and V09 of ISO 20022; CBI Scpa, logical message in
force from 17/03/2024). The same order gives the same bytes. What differs:

- pain.001.001.09 and CBI wrap the day of execution in `Dt` and call a bank's code `BICFI`, 03 calls it `BIC`;
- CBI names the sender by its CUC (`InitgPty/Id/OrgId/Othr`, issuer CBI), the debtor's bank by its ABI code, each
  payment also by a number (`InstrId`), and has no control sums but those of the header;
- CBI is the logical message alone: the envelope of the interbank network (`CBIHdrTrt`, `CBIHdrSrv`) is the access
  centre's to put around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from lxml import etree

from patto_connectors.iso20022.payment import UnpayableError

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from patto_connectors.iso20022.payment import Order, Transfer

Form: TypeAlias = Literal["pain.001.001.03", "pain.001.001.09", "CBIPaymentRequest.00.04.01"]
CBI: Form = "CBIPaymentRequest.00.04.01"
_ISO = "urn:iso:std:iso:20022:tech:xsd:"
_ABI = slice(5, 10)
"""Where an Italian IBAN holds the code of its bank."""


def write_order(order: Order, form: Form) -> bytes:
    """Write an order.

    Raises:
        UnpayableError: `payment.order`: CBI needs a CUC, and an Italian account.
    """
    if form == CBI and (order.cuc is None or not order.debtor_iban.startswith("IT")):
        raise UnpayableError("payment.order", "CBIPaymentRequest needs a CUC and an Italian account of the debtor.")
    namespace = f"urn:CBI:xsd:{form}" if form == CBI else f"{_ISO}{form}"
    writer = _Writer(form, namespace)
    root = etree.Element(
        writer.tag("CBIPaymentRequest" if form == CBI else "Document"), nsmap=cast("dict[str, str]", {None: namespace})
    )
    message = root if form == CBI else writer.sub(root, "CstmrCdtTrfInitn")
    writer.header(writer.sub(message, "GrpHdr"), order)
    writer.payment(writer.sub(message, "PmtInf"), order)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


class _Writer:
    """The elements of one form, a function each.

    Args:
        form: the message to write.
        namespace: of all its elements.
    """

    def __init__(self, form: Form, namespace: str) -> None:
        self._cbi = form == CBI
        self._old = form == "pain.001.001.03"
        self._namespace = namespace

    def tag(self, local: str) -> str:
        """Give an element's full name."""
        return f"{{{self._namespace}}}{local}"

    def sub(self, parent: Element, *path: str) -> Element:
        """Add an element within elements."""
        for name in path:
            parent = etree.SubElement(parent, self.tag(name))
        return parent

    def text(self, parent: Element, path: str, text: object) -> Element:
        """Add an element with a text; `/` makes the elements around it."""
        leaf = self.sub(parent, *path.split("/"))
        leaf.text = str(text)
        return leaf

    def header(self, at: Element, order: Order) -> None:
        """Write `GrpHdr`."""
        self.text(at, "MsgId", order.message_id)
        self.text(at, "CreDtTm", order.created_at.isoformat(timespec="seconds"))
        self.sums(at, order)
        party = self.sub(at, "InitgPty")
        self.text(party, "Nm", order.debtor_name)
        if order.cuc is not None:
            other = self.sub(party, "Id", "OrgId", "Othr")
            self.text(other, "Id", order.cuc)
            self.text(other, "Issr", "CBI")

    def sums(self, at: Element, order: Order) -> None:
        """Write how many payments there are, and what they add up to."""
        self.text(at, "NbOfTxs", len(order.transfers))
        self.text(at, "CtrlSum", order.total)

    def payment(self, at: Element, order: Order) -> None:
        """Write `PmtInf`; each payment is booked by itself, so that the statement names its reference."""
        self.text(at, "PmtInfId", order.message_id)
        self.text(at, "PmtMtd", "TRF")
        self.text(at, "BtchBookg", "false")
        if not self._cbi:
            self.sums(at, order)
        kind = self.sub(at, "PmtTpInf")
        self.text(kind, "InstrPrty", "NORM")
        self.text(kind, "SvcLvl/Cd", "SEPA")
        self.text(at, "ReqdExctnDt" if self._old else "ReqdExctnDt/Dt", order.execute_on.isoformat())
        self.text(at, "Dbtr/Nm", order.debtor_name)
        self.text(at, "DbtrAcct/Id/IBAN", order.debtor_iban)
        self.debtor_bank(self.sub(at, "DbtrAgt", "FinInstnId"), order)
        self.text(at, "ChrgBr", "SLEV")
        for number, transfer in enumerate(order.transfers, 1):
            self.transfer(self.sub(at, "CdtTrfTxInf"), transfer, number)

    def debtor_bank(self, at: Element, order: Order) -> None:
        """Write the debtor's bank, which must stand there; its account's IBAN tells it all the same."""
        if order.debtor_bic is not None:
            self.text(at, "BIC" if self._old else "BICFI", order.debtor_bic)
        if self._cbi:
            self.text(at, "ClrSysMmbId/MmbId", order.debtor_iban[_ABI])
        elif order.debtor_bic is None:
            self.text(at, "Othr/Id", "NOTPROVIDED")

    def transfer(self, at: Element, transfer: Transfer, number: int) -> None:
        """Write `CdtTrfTxInf`."""
        reference = self.sub(at, "PmtId")
        if self._cbi:
            self.text(reference, "InstrId", number)
        self.text(reference, "EndToEndId", transfer.end_to_end_id)
        self.text(at, "Amt/InstdAmt", transfer.amount).set("Ccy", transfer.currency)
        if transfer.creditor_bic is not None:
            self.text(at, "CdtrAgt/FinInstnId/" + ("BIC" if self._old else "BICFI"), transfer.creditor_bic)
        self.text(at, "Cdtr/Nm", transfer.creditor_name)
        self.text(at, "CdtrAcct/Id/IBAN", transfer.creditor_iban)
        if transfer.purpose is not None:
            self.text(at, "Purp/Cd", transfer.purpose)
        if transfer.remittance is not None:
            self.text(at, "RmtInf/Ustrd", transfer.remittance)
