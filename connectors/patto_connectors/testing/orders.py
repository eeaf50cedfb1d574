"""Reads an order file as a bank does, for fake banks and tests: pain.001.001.03, pain.001.001.09, CBIPaymentRequest."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lxml import etree

from patto_connectors.iso20022.nodes import at, every, text
from patto_connectors.iso20022.payment import Order, Transfer
from patto_connectors.xml.fields import plain
from patto_connectors.xml.gate import judge
from patto_connectors.xml.stream import hardened

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_order(content: bytes) -> Order:
    """Read an order file.

    Raises:
        Malformed: it is no XML that is taken.
        ValueError: the control sums are not those of its payments, or it lacks what an order has.
    """
    judge(content, final=True)
    document = plain(etree.fromstring(content, etree.XMLParser(**hardened())))
    message = document.get("CstmrCdtTrfInitn", document)
    header, payment = at(message, "GrpHdr"), at(message, "PmtInf")
    day = text(payment, "ReqdExctnDt", "Dt") or text(payment, "ReqdExctnDt")
    order = Order(
        message_id=_needed(header, "MsgId"),
        created_at=datetime.fromisoformat(_needed(header, "CreDtTm")),
        debtor_name=_needed(payment, "Dbtr", "Nm"),
        debtor_iban=_needed(payment, "DbtrAcct", "Id", "IBAN"),
        debtor_bic=_bic(payment, "DbtrAgt"),
        cuc=text(header, "InitgPty", "Id", "OrgId", "Othr", "Id"),
        execute_on=date.fromisoformat(day or ""),
        transfers=tuple(map(_transfer, every(payment, "CdtTrfTxInf"))),
    )
    for sums in (header, payment) if "NbOfTxs" in payment else (header,):
        if (text(sums, "NbOfTxs"), text(sums, "CtrlSum")) != (str(len(order.transfers)), str(order.total)):
            raise ValueError("the control sums are not those of the payments")
    return order


def _transfer(node: Mapping[str, Any]) -> Transfer:
    return Transfer(
        end_to_end_id=_needed(node, "PmtId", "EndToEndId"),
        amount=Decimal(_needed(node, "Amt", "InstdAmt")),
        currency=_needed(at(node, "Amt", "InstdAmt"), "@Ccy"),
        creditor_name=_needed(node, "Cdtr", "Nm"),
        creditor_iban=_needed(node, "CdtrAcct", "Id", "IBAN"),
        creditor_bic=_bic(node, "CdtrAgt"),
        remittance=text(node, "RmtInf", "Ustrd"),
        purpose=text(node, "Purp", "Cd"),
    )


def _bic(node: Mapping[str, Any], agent: str) -> str | None:
    return text(node, agent, "FinInstnId", "BICFI") or text(node, agent, "FinInstnId", "BIC")


def _needed(node: Any, *path: str) -> str:  # noqa: ANN401 - a mapping
    found = text(node, *path)
    if found is None:
        raise ValueError(f"the order lacks {'/'.join(path)}")
    return found
