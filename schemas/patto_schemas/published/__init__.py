"""The published forms of the models: JSON Schema, XSD and the XML codec."""

from __future__ import annotations

from patto_schemas.published.export import FORMATS, Format, export
from patto_schemas.published.json_schema import json_schema
from patto_schemas.published.version import NAMESPACE, VERSION
from patto_schemas.published.xml_codec import documents, from_xml, read_list, to_xml, write_list
from patto_schemas.published.xsd import xsd

__all__ = [
    "FORMATS",
    "NAMESPACE",
    "VERSION",
    "Format",
    "documents",
    "export",
    "from_xml",
    "json_schema",
    "read_list",
    "to_xml",
    "write_list",
    "xsd",
]
