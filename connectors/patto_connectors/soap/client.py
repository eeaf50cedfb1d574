"""Call a partner's SOAP service over the hub's own HTTP layer; whatever goes wrong has one of four names."""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from patto_connectors.errors import Malformed, Refused, Trouble, Unreachable
from patto_connectors.http.client import Answer, Call, HttpClient, open_client
from patto_connectors.http.content import named_charset, refuse_web_page
from patto_connectors.http.redact import redact
from patto_connectors.http.repeat import repeat
from patto_connectors.http.trouble import name_status
from patto_connectors.http.waits import retry_after
from patto_connectors.soap.envelope import Fault, open_envelope, read_fault, read_message, write_message
from patto_connectors.soap.reading import wrong
from patto_connectors.soap.wsdl import SOAP_11, load_service, read_wsdl
from patto_connectors.xml.gate import ENCODINGS, judge

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection

    from patto_connectors.soap.settings import SoapSettings
    from patto_connectors.soap.wsdl import Operation, Service, Wsdl

_FAULTY = frozenset({400, 500})
"""Statuses that a Fault travels with: SOAP 1.1 section 6.2, SOAP 1.2 part 2 section 7.5.2."""
_LARGE = 256 * 1024
"""Bytes from which an answer is read in a thread; below, the thread costs more than the reading."""
_KEPT = 1024 * 1024
"""Bytes of a broken answer that quarantine keeps."""
_DECLARED = re.compile(rb"\A(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=")


@dataclass(frozen=True, slots=True)
class SoapClient:
    """Calls one service of a partner; made by `open_soap`."""

    service: Service
    http: HttpClient
    path: str
    harmless: frozenset[str]

    async def call(self, operation: str, /, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - as the WSDL says
        """Call an operation and give what its answer holds, by the partner's names; the values are text.

        Raises:
            Trouble: one of the four errors; a Fault is `Refused("soap.fault")` or `Unreachable("soap.server")`.
            ValueError: the service has no such operation, or an argument is missing; a mistake of the plugin.
            TypeError: an argument that the WSDL does not know; likewise.
        """
        agreed = self.service.operation(operation)
        call = self._request(agreed, write_message(agreed.request, arguments))

        async def once() -> dict[str, Any]:
            async with self.http.open(call) as reply:
                body = b"".join([piece async for piece in reply.pieces])
            answer = Answer(reply.status, reply.headers, body, self.http.address(call).host or "")
            if len(body) < _LARGE:
                return self._understand(answer, agreed)
            return await asyncio.to_thread(self._understand, answer, agreed)

        return await repeat(once, self.http.settings.repeats, self.http.world, harmless=call.harmless)

    def _request(self, agreed: Operation, body: bytes) -> Call:
        media = f"{self.service.media_type}; charset=utf-8"
        if self.service.envelope == SOAP_11:
            headers = {"Content-Type": media, "SOAPAction": f'"{agreed.action}"'}
        else:
            headers = {"Content-Type": f'{media}; action="{agreed.action}"' if agreed.action else media}
        return Call(
            method="POST",
            path=self.path,
            headers=headers,
            body=body,
            accept=self.service.media_type,
            harmless=agreed.name in self.harmless,
            statuses=_FAULTY,
        )

    def _understand(self, answer: Answer, agreed: Operation) -> dict[str, Any]:
        """Give what an answer means, or raise it."""
        if agreed.reply is None and not answer.body and answer.status not in _FAULTY:
            return {}
        try:
            return self._read(answer, agreed)
        except Malformed as trouble:
            if answer.status in _FAULTY:
                raise self._status(answer) from None
            if trouble.code == "xml.syntax" and not answer.delimited:
                cut = f"the answer of {answer.host} may be cut off: it is no whole XML"
                raise Unreachable("http.truncated", cut) from None
            trouble.content = trouble.content or answer.body[:_KEPT]
            raise

    def _read(self, answer: Answer, agreed: Operation) -> dict[str, Any]:
        refuse_web_page(answer)
        element = open_envelope(_in_its_charset(answer), self.service.envelope)
        if (fault := read_fault(element, self.service.envelope)) is not None:
            raise self._fault(fault, answer)
        if answer.status in _FAULTY:
            raise self._status(answer)
        if agreed.reply is None:
            return {}
        if element is None:
            raise Malformed("soap.body", f"The answer to {agreed.name} is empty.", position="/Envelope/Body")
        if element.tag != agreed.reply.body.qname.text:
            raise wrong(element, f"is not the answer to {agreed.name}")
        return read_message(element, agreed.reply)

    def _fault(self, fault: Fault, answer: Answer) -> Trouble:
        if fault.side == "client":
            hint = "l'ingegnere confronta la richiesta con il WSDL e con il partner (the engineer compares the request)"
            return Refused("soap.fault", f"{answer.host} refuses the request with a Fault: {fault.code}", hint=hint)
        wait = retry_after(answer.headers, self.http.world.now(), self.http.settings.repeats.cap)
        return Unreachable("soap.server", f"{answer.host} reports a Fault of its own: {fault.code}", retry_after=wait)

    def _status(self, answer: Answer) -> Trouble:
        now, cap = self.http.world.now(), self.http.settings.repeats.cap
        return name_status(answer.status, answer.headers, answer.host, now=now, cap=cap)


def _in_its_charset(answer: Answer) -> bytes:
    """Give the body as its own declaration says, or, without one, as the header says (RFC 7303 section 3.2).

    Raises:
        Malformed: `http.charset`, the header names a charset that is not taken, or another than the document.
    """
    named, body = named_charset(answer), answer.body
    prolog = judge(body, final=True)
    if not named or prolog is None:
        return body
    charset = ENCODINGS.get(named, "").replace("us-ascii", "utf-8")
    if charset and prolog.encoding.replace("us-ascii", "utf-8").startswith(charset):
        return body
    if charset and not prolog.marked and not _DECLARED.match(body):
        try:
            return body.decode(charset).encode()
        except UnicodeError:
            charset = ""
    detail = f"the answer of {answer.host} is not in the charset that it names"
    raise Malformed("http.charset", detail, content=redact(body))


@asynccontextmanager
async def open_soap(
    settings: SoapSettings, wsdl: Wsdl | None = None, *, harmless: Collection[str] = ()
) -> AsyncIterator[SoapClient]:
    """Open a session with a partner's SOAP service; closed at the end of the block.

    Args:
        settings: the partner's.
        wsdl: the plugin's own text of the WSDL; `settings.wsdl` comes first.
        harmless: the operations that may be repeated after an answer was lost: those that only read.

    Raises:
        Refused: `soap.wsdl`, or our certificate files cannot be used.
        ValueError: there is no WSDL at all; a mistake of the plugin.
    """
    service = await asyncio.to_thread(service_of, settings, wsdl)
    async with open_client(settings.http) as http:
        yield SoapClient(service, http, settings.path, frozenset(harmless))


def service_of(settings: SoapSettings, wsdl: Wsdl | None = None) -> Service:
    """Give the service that settings name: of their own WSDL file, or else of the plugin's text.

    Raises:
        Refused: `soap.wsdl`.
        ValueError: there is no WSDL at all; a mistake of the plugin.
    """
    if settings.wsdl is not None:
        wsdl = read_wsdl(settings.wsdl)
    if wsdl is None:
        raise ValueError("SoapSettings.wsdl names no file, and the plugin brings no WSDL")
    chosen = replace(wsdl, namespaces={**wsdl.namespaces, **settings.namespaces})
    return load_service(chosen, service=settings.service, port=settings.port)
