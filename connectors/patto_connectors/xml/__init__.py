"""XML in bulk: a hardened reader, records streamed by tag, XSD checks that set single records aside."""

from patto_connectors.xml.fields import (
    XML_LANG,
    Fields,
    Reader,
    Take,
    add_value,
    element_bytes,
    plain,
    row_reader,
    text_of,
)
from patto_connectors.xml.source import Body, XmlSource, bytes_body, file_body, http_body
from patto_connectors.xml.stream import Caps, Page, Records, Stream, hardened
from patto_connectors.xml.xsd import Schemas, path_of

__all__ = [
    "XML_LANG",
    "Body",
    "Caps",
    "Fields",
    "Page",
    "Reader",
    "Records",
    "Schemas",
    "Stream",
    "Take",
    "XmlSource",
    "add_value",
    "bytes_body",
    "element_bytes",
    "file_body",
    "hardened",
    "http_body",
    "path_of",
    "plain",
    "row_reader",
    "text_of",
]
