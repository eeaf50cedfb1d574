"""ISO 20022: bank statements and notices read (camt.053, camt.054), payment orders written (pain.001, CBI)."""

from patto_connectors.iso20022.letterbox import FolderLetterbox, Letterbox, SftpLetterbox
from patto_connectors.iso20022.message import Message
from patto_connectors.iso20022.payment import Order, Transfer, UnpayableError
from patto_connectors.iso20022.settings import CamtSettings, PaymentSettings
from patto_connectors.iso20022.sink import PaymentFileSink
from patto_connectors.iso20022.source import CamtSource, read_camt
from patto_connectors.iso20022.write import Form, write_order

__all__ = [
    "CamtSettings",
    "CamtSource",
    "FolderLetterbox",
    "Form",
    "Letterbox",
    "Message",
    "Order",
    "PaymentFileSink",
    "PaymentSettings",
    "SftpLetterbox",
    "Transfer",
    "UnpayableError",
    "read_camt",
    "write_order",
]
