"""Envelopes: written by zeep from arguments, opened by us, and the Fault that one may hold instead of an answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from lxml import etree
from zeep import xsd
from zeep.exceptions import Error as ZeepError

from patto_connectors.errors import Malformed
from patto_connectors.http.redact import code
from patto_connectors.soap.document import parse_document
from patto_connectors.soap.reading import read_element, wrong
from patto_connectors.soap.wsdl import SOAP_11, SOAP_12

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from patto_connectors.soap.wsdl import Service

Side = Literal["client", "server"]
"""Whose fault a Fault is: of who asked, or of who answers."""

_SIDES: Mapping[str, Side] = {"Client": "client", "Sender": "client", "Server": "server", "Receiver": "server"}
"""The fault codes of SOAP 1.1 (section 4.4.1) and 1.2 (part 1, section 5.4.6) that tell a side."""


class Fault(NamedTuple):
    """A SOAP Fault, without its words: those may name a person."""

    side: Side
    code: str
    """The partner's code as it may be shown."""


def write_message(message: Any, arguments: Mapping[str, Any]) -> bytes:  # noqa: ANN401 - zeep publishes no types
    """Give the envelope of a request or a reply.

    Args:
        message: of an operation.
        arguments: what its element holds, by the WSDL's names, as `read_message` gives it: a list for what may come
            several times, `.` for the text of an element that has attributes too; but what stands in a group that may
            repeat goes into a list of mappings under `_value_1`, as zeep calls it.

    Raises:
        ValueError: an argument is missing or cannot be written; a mistake of the caller.
        TypeError: an argument that the WSDL does not know; likewise.
    """
    held = _as_zeep_calls_it(arguments)
    try:
        if isinstance(message.body.type, xsd.ComplexType):
            envelope = message.serialize(**held).content
        elif held.keys() == {message.body.name}:
            envelope = message.serialize(held[message.body.name]).content
        else:
            raise TypeError(f"the message holds {message.body.name} and nothing else")
    except ZeepError as error:
        raise ValueError(f"the message is not as the WSDL wants it: {error}") from None
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


def _as_zeep_calls_it(value: Any) -> Any:  # noqa: ANN401 - mappings, lists and text, as the WSDL says
    if isinstance(value, Mapping):
        return {"_value_1" if name == "." else name: _as_zeep_calls_it(inner) for name, inner in value.items()}
    return [_as_zeep_calls_it(inner) for inner in value] if isinstance(value, list | tuple) else value


def read_message(element: Element, message: Any, *, whole: bool = False) -> dict[str, Any]:  # noqa: ANN401 - likewise
    """Give what a body's element holds, by names.

    Raises:
        Malformed: `soap.body`.
    """
    held = read_element(element, message.body.type, whole=whole)
    return held if isinstance(held, dict) else {str(message.body.name): held}


def open_envelope(content: bytes, version: str) -> Element | None:
    """Give the one element in an envelope's body; None for an empty body.

    Args:
        content: the envelope.
        version: the namespace of the SOAP version that was agreed.

    Raises:
        Malformed: `soap.envelope`, or what the gate refuses (`xml.doctype`, `xml.syntax`, ...).
    """
    root = parse_document(content)
    body = root.find(f"{{{version}}}Body")
    if root.tag != f"{{{version}}}Envelope" or body is None:
        names = {f"{{{version}}}Envelope": "an envelope without a body"}
        others = dict.fromkeys((f"{{{each}}}Envelope" for each in (SOAP_11, SOAP_12)), "of another SOAP version")
        what = {**others, **names}.get(root.tag, "no SOAP envelope")
        hint = "Controllare con il partner indirizzo e versione di SOAP (check address and SOAP version)."
        raise Malformed("soap.envelope", f"The document is {what}.", hint=hint, position="line 1")
    if len(body) > 1:
        raise wrong(body, "holds more than one element")
    return body[0] if len(body) else None


def read_fault(element: Element | None, version: str) -> Fault | None:
    """Give the Fault that a body holds; None if it holds something else.

    A code that tells no side counts as the client's, for a person has to look at it.
    """
    if element is None or element.tag != f"{{{version}}}Fault":
        return None
    path = "faultcode" if version == SOAP_11 else f"{{{version}}}Code/{{{version}}}Value"
    named = (element.findtext(path) or "").strip().rpartition(":")[2]
    return Fault(_SIDES.get(named.partition(".")[0], "client"), code(named) if named else "no code")


def write_reply(service: Service, operation: str, arguments: Mapping[str, Any]) -> bytes:
    """Give the envelope that answers an operation.

    Raises:
        ValueError: the service has no such operation, or an argument is missing or cannot be written.
        TypeError: an argument that the WSDL does not know.
    """
    message = service.operation(operation).reply
    if message is None:
        return write_empty(service)
    return write_message(message, arguments)


def write_empty(service: Service) -> bytes:
    """Give an envelope with nothing in its body."""
    return _envelope(service.envelope)


def write_fault(service: Service, side: Side, words: str) -> bytes:
    """Give an envelope with a Fault; over HTTP it travels with status 500 (SOAP 1.1 section 6.2)."""
    space = service.envelope
    fault = etree.Element(f"{{{space}}}Fault", nsmap={"soap": space})
    if space == SOAP_11:
        etree.SubElement(fault, "faultcode").text = "soap:Client" if side == "client" else "soap:Server"
        etree.SubElement(fault, "faultstring").text = words
    else:
        value = etree.SubElement(etree.SubElement(fault, f"{{{space}}}Code"), f"{{{space}}}Value")
        value.text = "soap:Sender" if side == "client" else "soap:Receiver"
        reason = etree.SubElement(etree.SubElement(fault, f"{{{space}}}Reason"), f"{{{space}}}Text")
        reason.text = words
        reason.set("{http://www.w3.org/XML/1998/namespace}lang", "it")
    return _envelope(space, fault)


def _envelope(space: str, held: Element | None = None) -> bytes:
    envelope = etree.Element(f"{{{space}}}Envelope", nsmap={"soap": space})
    body = etree.SubElement(envelope, f"{{{space}}}Body")
    if held is not None:
        body.append(held)
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)
