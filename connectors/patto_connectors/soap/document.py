"""One whole XML document: through the gate before a parser sees it, also where it travels as a string in another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.xml.gate import judge
from patto_connectors.xml.stream import hardened, not_well_formed

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

INNER: Final = 8 * 2**20
"""Bytes of a document that travels as a string; libxml2 itself takes no text of more than 10 MB."""

_ENCODING = re.compile(r"(?P<before>\A<\?xml\s[^>]*?)\s+encoding\s*=\s*(?P<quote>[\"'])[^\"'>]*(?P=quote)")
_BLANK = " \t\r\n"


def parse_document(content: bytes) -> Element:
    """Give the root of a document; comments and instructions are left out.

    Raises:
        Malformed: `xml.doctype`, `xml.version`, `xml.encoding` or `xml.syntax`, with its place.
    """
    judge(content, final=True)
    try:
        root = etree.fromstring(content, etree.XMLParser(**hardened()))
    except etree.XMLSyntaxError as wrong:
        raise not_well_formed(wrong) from None
    if root.getroottree().docinfo.internalDTD is not None:  # the gate saw none, the parser did: never read on
        raise Malformed("xml.doctype", "The document holds a DOCTYPE.", position="line 1")
    return root


def text_document(content: bytes) -> str:
    """Give a document as text, whatever encoding it is written in, without a byte order mark.

    Raises:
        Malformed: `xml.doctype`, `xml.version`, `xml.encoding` or `xml.syntax`.
    """
    prolog = judge(content, final=True)
    try:
        return content.decode(prolog.encoding if prolog else "utf-8").removeprefix("\ufeff")
    except UnicodeError:
        detail = "The document is not written in the encoding that it declares."
        raise Malformed("xml.encoding", detail, position="line 1") from None


def utf8_document(text: str) -> bytes:
    """Give a document that came as text as UTF-8, for the gate: its own declaration of an encoding says nothing here.

    A partner writes the document in its own encoding, pastes it into a string of another one, and leaves declaration,
    byte order mark and blanks as they were.

    Raises:
        Malformed: `xml.character`, for text that UTF-8 cannot carry.
    """
    bare = _ENCODING.sub(r"\g<before>", text.lstrip("\ufeff" + _BLANK))
    try:
        return bare.encode()
    except UnicodeEncodeError:
        raise Malformed("xml.character", "The text holds half of a character (a lone surrogate).") from None


def inner_document(text: str, *, most: int = INNER) -> Element:
    """Read a document that came as a string inside another (the SAP form inside `richiestaSAP`'s answer).

    Args:
        text: the string, with its escapes already undone.
        most: bytes that it may hold.

    Raises:
        Malformed: as `parse_document`; `xml.size`. The position counts inside the inner document.
    """
    if len(text) > most or len(content := utf8_document(text)) > most:
        raise Malformed("xml.size", f"The document inside the answer is longer than {most} bytes.")
    try:
        return parse_document(content)
    except Malformed as trouble:
        trouble.content = content
        raise


def inner_text(element: Element) -> str:
    """Write a document as a string to be put inside another; without a declaration, which would say nothing there."""
    return etree.tostring(element, encoding="unicode", with_tail=False)
