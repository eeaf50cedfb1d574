"""SOAP: zeep reads the WSDL and writes messages, the hub's own HTTP layer carries them, the XML gate stands before."""

from patto_connectors.soap.client import SoapClient, open_soap, service_of
from patto_connectors.soap.document import inner_document, inner_text
from patto_connectors.soap.door import Request, Taken, read_request, soap_door
from patto_connectors.soap.envelope import Fault, write_fault, write_reply
from patto_connectors.soap.outcome import Meaning, meaning, rejected_item
from patto_connectors.soap.settings import OutcomeWords, SoapSettings
from patto_connectors.soap.wsdl import Operation, Service, Wsdl, load_service, read_wsdl

__all__ = [
    "Fault",
    "Meaning",
    "Operation",
    "OutcomeWords",
    "Request",
    "Service",
    "SoapClient",
    "SoapSettings",
    "Taken",
    "Wsdl",
    "inner_document",
    "inner_text",
    "load_service",
    "meaning",
    "open_soap",
    "read_request",
    "read_wsdl",
    "rejected_item",
    "service_of",
    "soap_door",
    "write_fault",
    "write_reply",
]
