"""A fake SOAP service: built from a WSDL and a function for each operation, on a fake partner with its fault menu."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.errors import Malformed
from patto_connectors.soap.door import by_element, read_request
from patto_connectors.soap.envelope import write_empty, write_fault, write_reply
from patto_connectors.testing.fake import Said

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from patto_connectors.soap.envelope import Side
    from patto_connectors.soap.wsdl import Service
    from patto_connectors.testing.fake import Asked, FakePartner
    from patto_connectors.testing.faults import Fault

    Reply = Callable[[Mapping[str, Any]], Mapping[str, Any]]
    Spoil = Callable[[Service, Said, str], Said]

SOAP: Final = {
    "soap_fault_client": "500 with a Fault that blames the request",
    "soap_fault_server": "500 with a Fault that blames the service (option: the Retry-After header's text)",
    "soap_fault_200": "a Fault that blames the service, with status 200",
    "soap_fault_words": "500 with a Fault whose code is the service's own (option: the code)",
    "soap_not_soap": "200 with XML that is no envelope",
    "soap_version": "an envelope of the other SOAP version",
    "soap_other_answer": "the envelope that another operation would have been answered with",
    "soap_empty": "200 without a body",
    "soap_no_answer": "an envelope with nothing in it",
    "soap_doctype": "an envelope after a DOCTYPE with an entity",
    "soap_new_element": "the answer begins with an element that nobody agreed on (option: its name)",
}
"""Faults in what a SOAP service says, to be ordered besides the menu of every fake partner."""

_WORDS = "utente ROSSI MARIO RSSMRA80A01H501U non trovato"
"""What services write into a Fault; must never be seen in a message or a log."""


def soap_service(
    partner: FakePartner,
    path: str,
    service: Service,
    table: Mapping[str, Reply],
    own: Mapping[str, tuple[str, Spoil]] | None = None,
) -> None:
    """Serve a SOAP service at a path of a fake partner.

    Args:
        partner: the fake partner; its menu gains the faults of `SOAP`.
        path: as `/services/anagrafe`.
        service: of the partner's WSDL.
        table: for each operation, a function from its arguments (text, by the WSDL's names) to those of its answer. A
            `ValueError` that it raises is answered with a Fault that blames the request.
        own: further faults of this service, by name: what the menu says of each, and how it spoils a good answer with
            an order's option.

    Raises:
        ValueError: the table names an operation that the service does not have.
    """
    for name in table:
        service.operation(name)
    by_element(service)

    more = dict(own or {})
    spoiled = {**_SPOILED, **{name: spoil for name, (_, spoil) in more.items()}}

    def answer(asked: Asked, faults: Sequence[Fault]) -> Said:
        good = _good(service, table, asked.body)
        return spoiled[faults[0].name](service, good, faults[0].option) if faults else good

    partner.answering(path, answer, {**SOAP, **{name: words for name, (words, _) in more.items()}})


def _good(service: Service, table: Mapping[str, Reply], body: bytes) -> Said:
    try:
        asked = read_request(service, body)
        if asked.operation not in table:
            return _fault(service, "client")
        arguments = table[asked.operation](asked.arguments)
    except (Malformed, ValueError):
        return _fault(service, "client")
    return Said(write_reply(service, asked.operation, arguments), service.media_type)


def _fault(service: Service, side: Side, *, status: int = 500, code: str = "", wait: str = "") -> Said:
    content = write_fault(service, side, _WORDS)
    if code:
        content = re.sub(rb">soap:(?:Client|Sender)<", f">{code}<".encode(), content)
    return Said(content, service.media_type, status, {"Retry-After": wait} if wait else {})


def _other(service: Service, good: Said) -> Said:
    """Give an answer whose element is that of no operation, or of another one."""
    names = {each.reply.body.name for each in service.operations.values() if each.reply is not None}
    found = next((name for name in sorted(names) if f":{name}".encode() in good.body), "")
    other = next((name for name in sorted(names) if name != found), f"{found}Altro")
    body = good.body.replace(f":{found} ".encode(), f":{other} ".encode())
    return Said(body.replace(f":{found}>".encode(), f":{other}>".encode()), good.media_type)


def _swapped(good: Said) -> Said:
    one, two = b"http://schemas.xmlsoap.org/soap/envelope/", b"http://www.w3.org/2003/05/soap-envelope"
    body = good.body.replace(one, b"\0").replace(two, one).replace(b"\0", two)
    return Said(body, good.media_type)


def _begun(good: Said, name: str) -> Said:
    """Put an element before the first of the answer's own."""
    at = good.body.index(b">", good.body.index(b"Body>") + len(b"Body>")) + 1
    return Said(good.body[:at] + f"<{name}>x</{name}>".encode() + good.body[at:], good.media_type)


_DOCTYPE = b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/hostname'>]>"
_SPOILED: dict[str, Callable[[Service, Said, str], Said]] = {
    "soap_fault_client": lambda service, *_: _fault(service, "client"),
    "soap_fault_server": lambda service, _, wait: _fault(service, "server", wait=wait),
    "soap_fault_200": lambda service, *_: _fault(service, "server", status=200),
    "soap_fault_words": lambda service, _, code: _fault(service, "client", code=code or "E-042"),
    "soap_not_soap": lambda _, good, __: Said(b"<risposta><esito>OK</esito></risposta>", good.media_type),
    "soap_version": lambda _, good, __: _swapped(good),
    "soap_other_answer": lambda service, good, _: _other(service, good),
    "soap_empty": lambda _, good, __: Said(b"", good.media_type),
    "soap_no_answer": lambda service, good, _: Said(write_empty(service), good.media_type),
    "soap_doctype": lambda _, good, __: Said(_DOCTYPE + good.body.partition(b"?>")[2], good.media_type),
    "soap_new_element": lambda _, good, option: _begun(good, option or "CampoNuovo"),
}
