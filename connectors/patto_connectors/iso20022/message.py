"""Which bank message a document is: camt.053 (statement) or camt.054 (notice), and its version, from the namespace.

ISO 20022 writes both into the namespace: `urn:iso:std:iso:20022:tech:xsd:camt.053.001.02` is version 02 of camt.053.
The file's name and the bank's cover letter do not count. camt.052 (the report within a day) is refused: what it tells
is told again, booked, by the statement of the day, under references that need not be the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, cast

from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.xml.gate import judge
from patto_connectors.xml.stream import hardened, not_well_formed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

VERSIONS: Final = (2, 3, 4, 8)
BODIES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"camt.053": ("BkToCstmrStmt", "Stmt"), "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}
)
"""By message, the element that holds everything, and the one of which there is one per account and period."""
STATUS_CODED: Final = 8
"""From this version on `Sts` holds a `Cd`, and a party is wrapped in `Pty`; before, both are plain."""
_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:([a-z]{4}\.\d{3})\.001\.(\d{2})")
_CAP = 65_536
"""Bytes in which a document must have said what it is."""
_HINT = "Inviare l'estratto conto come camt.053 o camt.054, versione 02, 03, 04 o 08 (send one of these): la banca."


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a document says that it is."""

    name: str
    """`camt.053` or `camt.054`."""
    version: int
    line: int = 1
    """Where its body starts."""

    def __str__(self) -> str:
        return f"{self.name}.001.{self.version:02}"

    @property
    def namespace(self) -> str:
        """The namespace of all its elements."""
        return f"urn:iso:std:iso:20022:tech:xsd:{self}"

    @property
    def body(self) -> str:
        """The local name of the element that holds everything."""
        return BODIES[self.name][0]

    @property
    def holder(self) -> str:
        """The local name of the element that holds an account's entries: `Stmt`, `Ntfctn`."""
        return BODIES[self.name][1]

    def tag(self, local: str) -> str:
        """Give an element's full name."""
        return f"{{{self.namespace}}}{local}"


def opening(head: bytes, *, final: bool) -> Message | None:
    """Tell by a document's first bytes what it is; None when more of them are needed.

    Args:
        head: the document from its first byte.
        final: whether these are all its bytes.

    Raises:
        Malformed: `camt.message` (another message or version), `camt.element` (its body is another's), or what the gate
            and the parser say of a document that is no good XML.
    """
    if judge(head[:_CAP], final=final) is None and len(head) <= _CAP:
        return None
    parser: etree.XMLPullParser = etree.XMLPullParser(events=("start",), **hardened())
    try:
        parser.feed(head[:_CAP])
    except etree.XMLSyntaxError as wrong:
        raise not_well_formed(wrong) from None
    started = [cast("Element", element) for _, element in islice(parser.read_events(), 2)]
    if started and (len(started) > 1 or final or len(head) > _CAP):
        return _judged(started)
    if final:
        raise Malformed("xml.syntax", "The document ends before its first element.", hint=_HINT, position="line 1")
    if len(head) > _CAP:
        raise Malformed("xml.size", "The document does not start within its first bytes.", hint=_HINT)
    return None


def _judged(started: list[Element]) -> Message:
    root = started[0]
    name = etree.QName(root)
    found = _NAMESPACE.fullmatch(name.namespace or "")
    if name.localname != "Document" or found is None:
        raise _other(root, "no message of ISO 20022")
    if found[1] not in BODIES:
        raise _other(root, f"a {found[1]}, which is not read")
    if int(found[2]) not in VERSIONS:
        raise _other(root, f"a {found[1]} of version {found[2]}, which is not read")
    message = Message(name=found[1], version=int(found[2]), line=_line(started[-1]))
    if not started[1:] or started[1].tag != message.tag(message.body):
        raise lacking(message.body, line=_line(root), path="/Document")
    return message


def _other(root: Element, what: str) -> Malformed:
    position = f"riga {_line(root)}, /Document"
    return Malformed("camt.message", f"The document is {what}.", hint=_HINT, position=position)


def _line(element: Element) -> int:
    return cast("int", element.sourceline)


def lacking(what: str, *, line: int, path: str, content: bytes = b"") -> Malformed:
    """Say that a document is not what its namespace says: an element lacks one that must be in it."""
    element = path.rpartition("/")[2]
    return Malformed(
        "camt.element",
        f"The element <{element}> at line {line} lacks <{what}>.",
        hint="Inviare di nuovo il file completo, secondo lo schema ISO 20022 (send the whole file again): la banca.",
        position=f"riga {line}, {path}: manca {what}",
        content=content,
    )
