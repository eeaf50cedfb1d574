"""What a WSDL says of a service: its operations, and what their messages hold.

zeep reads the WSDL and writes the messages, nothing else. What it cannot do for us: its own transport opens files and
addresses, so it is given one that only knows the WSDL's own folder; and its reading of values logs each one that it
cannot convert and goes on with None, so messages are read by `reading`.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from zeep.exceptions import Error as ZeepError
from zeep.settings import Settings
from zeep.wsdl import Document
from zeep.wsdl.bindings.soap import Soap12Binding, SoapBinding

from patto_connectors.errors import Malformed, Refused
from patto_connectors.ports import WORLD
from patto_connectors.soap.document import text_document, utf8_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HOME = "http://wsdl.invalid/"
"""Where zeep is told that the WSDL lies, so that what it imports has names below (RFC 6761: never a real host)."""
_LARGEST = 16 * 2**20
_BROKEN = (
    ZeepError,
    Malformed,
    etree.LxmlError,
    OSError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    AssertionError,
)
"""What zeep raises for a WSDL that is none, as the case may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wsdl:
    """The text of a WSDL, and the XSDs that it imports."""

    content: bytes
    beside: Mapping[str, bytes] | Path | None = None
    """The imported documents: by the names or addresses they are imported by, or the folder in which they lie."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """Namespaces to be replaced in all of these, where a partner writes its own."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: document/literal, with one element in each direction."""

    name: str
    action: str
    """The SOAPAction; empty where the WSDL names none."""
    request: Any
    """zeep's message: writes itself, and knows what it holds."""
    reply: Any
    """Likewise; None for an operation that answers nothing."""


@dataclass(frozen=True, slots=True)
class Service:
    """One port of a service: the SOAP version that it speaks, and its operations by name."""

    name: str
    envelope: str
    """The namespace of the SOAP envelope."""
    operations: Mapping[str, Operation]

    @property
    def media_type(self) -> str:
        """The media type of its messages."""
        return "text/xml" if self.envelope == SOAP_11 else "application/soap+xml"

    def operation(self, name: str) -> Operation:
        """Give an operation.

        Raises:
            ValueError: there is none; a mistake of the plugin.
        """
        if name not in self.operations:
            names = ", ".join(sorted(self.operations)) or "none"
            raise ValueError(f"{self.name} has no document/literal operation {name}; it has {names}")
        return self.operations[name]


SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"


def read_wsdl(path: Path, namespaces: Mapping[str, str] | None = None) -> Wsdl:
    """Read a WSDL from its file; what it imports is read from the same folder or below, when it is loaded.

    Raises:
        Refused: `soap.wsdl`, there is no such file.
    """
    try:
        content = path.read_bytes()
    except OSError:
        raise _unusable(f"the file {path.name} cannot be read") from None
    return Wsdl(content=content, beside=path.parent, namespaces=namespaces or {})


def load_service(wsdl: Wsdl, *, service: str = "", port: str = "") -> Service:
    """Give a service of a WSDL; read once in each world, then kept. Takes milliseconds, a large one more.

    Raises:
        Refused: `soap.wsdl`, it cannot be used: an error of configuration.
    """
    beside = wsdl.beside if isinstance(wsdl.beside, Path) else sorted((wsdl.beside or {}).items())
    told = repr((wsdl.content, beside, sorted(wsdl.namespaces.items()), service, port))
    shared, key = WORLD.get().shared, f"wsdl {hashlib.sha256(told.encode()).hexdigest()}"
    if key not in shared:
        shared[key] = _load(wsdl, service, port)
    loaded: Service = shared[key]
    return loaded


def _load(wsdl: Wsdl, service: str, port: str) -> Service:
    try:
        content = io.BytesIO(_renamed(wsdl.content, wsdl.namespaces))
        settings = Settings(forbid_dtd=True, force_https=False)
        beside: Any = _Beside(wsdl)
        document = Document(content, beside, base=_HOME + "service.wsdl", settings=settings)
        ports = {
            (name, each.name): cast("Any", each.binding)
            for name, found in document.services.items()
            for each in found.ports.values()
            if isinstance(each.binding, SoapBinding)
        }
    except _BROKEN as error:
        raise _unusable(f"the WSDL cannot be read ({type(error).__name__})") from None
    for (its_service, its_port), binding in ports.items():
        if service in ("", its_service) and port in ("", its_port):
            envelope = SOAP_12 if isinstance(binding, Soap12Binding) else SOAP_11
            return Service(its_service, envelope, dict(_operations(binding.all())))
    names = ", ".join(f"{its_service}/{its_port}" for its_service, its_port in ports) or "none"
    raise _unusable(f"the WSDL has no such SOAP service and port; it has {names}")


def _operations(found: Mapping[str, Any]) -> list[tuple[str, Operation]]:
    return [
        (name, Operation(name, each.soapaction or "", each.input, each.output if _answers(each) else None))
        for name, each in found.items()
        if each.style == "document" and _single(each.input) and (not _answers(each) or _single(each.output))
    ]


def _answers(operation: Any) -> bool:  # noqa: ANN401 - zeep publishes no types
    return operation.output is not None and operation.output.abstract is not None


def _single(message: Any) -> bool:  # noqa: ANN401 - zeep publishes no types
    """Say whether a message is one declared element, as WS-I Basic Profile 1.1 (R2201) wants of document/literal."""
    parts = list(message.abstract.parts.values()) if message is not None and message.abstract is not None else []
    return len(parts) == 1 and parts[0].element is not None


class _Beside:
    """All that zeep may open: the documents beside the WSDL."""

    def __init__(self, wsdl: Wsdl) -> None:
        self._wsdl = wsdl

    def load(self, url: str) -> bytes:
        """Give an imported document, past the gate.

        Raises:
            Refused: it lies elsewhere.
        """
        name = unquote(url.removeprefix(_HOME))
        if (content := self._find(name)) is None:
            raise _unusable("the WSDL imports a document that does not lie beside it")
        return _renamed(content, self._wsdl.namespaces)

    def _find(self, name: str) -> bytes | None:
        beside = self._wsdl.beside
        if not isinstance(beside, Path):
            return (beside or {}).get(name)
        folder = beside.resolve()
        path = (folder / name).resolve()
        if not path.is_relative_to(folder) or not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return path.read_bytes()


def _renamed(content: bytes, namespaces: Mapping[str, str]) -> bytes:
    """Put a partner's namespaces in the place of ours, wherever one is the whole value of an attribute."""
    text = text_document(content)
    if namespaces:
        names = "|".join(re.escape(escape(name)) for name in namespaces)
        text = re.sub(rf"(?P<q>[\"'])(?P<name>{names})(?P=q)", _renamer(namespaces), text)
    return utf8_document(text)


def _renamer(namespaces: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    written = {escape(old): quoteattr(new) for old, new in namespaces.items()}
    return lambda found: written[found["name"]]


def _unusable(detail: str) -> Refused:
    hint = "controllare `wsdl`, `service` e `port` (the engineer checks them); gli XSD accanto al WSDL (XSDs beside it)"
    return Refused("soap.wsdl", detail, hint=hint)
