"""The least OpenDocument spreadsheet, and workbooks read within the test's own process."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape, quoteattr

import pytest

from patto_connectors.files import sheet, sheet_child

_CONTENT = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)
_MANIFEST = (
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="{}"/></manifest:manifest>'
)
_TYPE = "application/vnd.oasis.opendocument.spreadsheet"


@pytest.fixture(scope="session")
def ods():
    """Write rows as the least OpenDocument spreadsheet that has typed cells."""
    return _ods


def _ods(*rows, name="Foglio1") -> bytes:
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", _TYPE)
        archive.writestr("META-INF/manifest.xml", _MANIFEST.format(_TYPE))
        archive.writestr(
            "content.xml", _CONTENT.format(f"<table:table table:name={quoteattr(name)}>{lines}</table:table>")
        )
    return target.getvalue()


def _ods_cell(value) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}"/>'
    if isinstance(value, int | Decimal):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    return f'<table:table-cell office:value-type="string"><text:p>{escape(value)}</text:p></table:table-cell>'


@pytest.fixture(scope="session")
def inside():
    """Read workbooks in this process while it is entered: a thousand of them, without a program for each."""
    return _inside


@contextmanager
def _inside():
    def cells(content, profile, registers):
        number = -1
        for row in sheet_child._rows(content, [each.sheet for each in registers], profile.cells):
            number += row is None
            yield number, json.loads(json.dumps(row)) or []

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "_cells", cells)
        yield
