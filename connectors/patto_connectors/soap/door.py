"""The other side: read what a partner's SOAP client hands in at the hub's door, and answer it as its WSDL says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from patto_connectors.contract import Batch, Door
from patto_connectors.errors import Malformed
from patto_connectors.soap.envelope import open_envelope, read_message, write_fault, write_reply
from patto_connectors.soap.reading import wrong
from patto_connectors.soap.wsdl import SOAP_11, SOAP_12

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from patto_connectors.contract import Pushed, Row
    from patto_connectors.soap.wsdl import Operation, Service


_CLIENT_FAULT: Final = {SOAP_11: 500, SOAP_12: 400}
"""The HTTP status of a Fault of whoever asked (SOAP 1.1, section 6.2; SOAP 1.2 part 2, table 20)."""


class Request(NamedTuple):
    """What was asked: an operation, and its arguments by the WSDL's names, as text."""

    operation: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What one operation does at the door: the rows that it brings, and the answer that its caller expects."""

    rows: Callable[[Mapping[str, Any]], Iterable[Row]]
    reply: Callable[[Mapping[str, Any]], Mapping[str, Any]]


def read_request(service: Service, content: bytes) -> Request:
    """Give what an incoming envelope asks; the operation is told by the element in its body.

    Raises:
        Malformed: no SOAP, no operation of this service, or not all that the WSDL requires; says where.
    """
    try:
        return _read(service, content)
    except Malformed as trouble:
        trouble.content = content
        raise


def _read(service: Service, content: bytes) -> Request:
    element = open_envelope(content, service.envelope)
    if element is None:
        raise Malformed("soap.body", "The body is empty.", position="/Envelope/Body")
    known = by_element(service).get(element.tag)
    if known is None:
        raise wrong(element, f"is no operation of {service.name}")
    return Request(known.name, read_message(element, known.request, whole=True))


def by_element(service: Service) -> dict[str, Operation]:
    """Give a service's operations by the element that asks for them.

    Raises:
        ValueError: two operations share one, so that a body does not tell which is meant.
    """
    found = {operation.request.body.qname.text: operation for operation in service.operations.values()}
    if len(found) < len(service.operations):
        raise ValueError(f"operations of {service.name} share an element, which WS-I Basic Profile (R2710) forbids")
    return found


def soap_door(service: Service, taken: Mapping[str, Taken]) -> Door:
    """Make the door through which a partner calls some operations of a service.

    Args:
        service: of the WSDL that the partner was given.
        taken: what each operation does, by name; any other is refused.

    Raises:
        ValueError: an operation that the service does not have, or operations that cannot be told apart.
    """
    by_element(service)
    for name in taken:
        service.operation(name)

    def asked(pushed: Pushed) -> tuple[Request, Taken]:
        request = read_request(service, pushed.content)
        if request.operation not in taken:
            detail = f"{request.operation} is not taken here, only {', '.join(sorted(taken))}"
            raise Malformed("soap.body", detail, position="/Envelope/Body", content=pushed.content)
        return request, taken[request.operation]

    def rows(pushed: Pushed) -> Iterable[Batch]:
        request, here = asked(pushed)
        yield Batch(
            rows=tuple(here.rows(request.arguments)),
            content=pushed.content,
            media_type=pushed.media_type,
            name=pushed.name,
            place=f"/Envelope/Body/{request.operation}[{{}}]",
        )

    def answer(pushed: Pushed) -> tuple[bytes, str]:
        request, here = asked(pushed)
        return write_reply(service, request.operation, here.reply(request.arguments)), service.media_type

    def refuse(trouble: Malformed) -> tuple[bytes, str, int]:
        where = f" ({trouble.position})" if trouble.position else ""
        words = f"Il messaggio non è come dice il WSDL{where} | The message is not as the WSDL says{where}"
        return write_fault(service, "client", words), service.media_type, _CLIENT_FAULT[service.envelope]

    return Door(media_types=("text/xml", "application/soap+xml"), rows=rows, answer=answer, refuse=refuse)
