"""Reads catalogue files through the plugin's own connectors."""

from __future__ import annotations

import json
from functools import partial

import pytest

from patto_connectors.files.names import Format
from patto_connectors.files.pages import Reading, read_pages
from patto_connectors.json import slices
from patto_connectors.xml import bytes_body
from patto_plugins.training_catalogue import attendance, closings, elm, translate_course, xcri
from patto_plugins.training_catalogue.enrolments import CatalogueEnrolment

SOURCES = {"courses_xcri": partial(xcri.source, tongue="it"), "courses_elm": partial(elm.source, tongue="it")}


@pytest.fixture
def read_source():
    """Give a source's batches."""

    async def read(source, after=None):
        return [batch async for batch in source.read(after)]

    return read


@pytest.fixture
def translated(read_source):
    """Translate a sample file by its name, as the hub would."""

    async def translate(path):
        if path.stem in SOURCES:
            batches = await read_source(SOURCES[path.stem](bytes_body(path.read_bytes())))
            return [translate_course(row) for batch in batches for row in batch.rows]
        if path.stem == "enrolments":
            return [CatalogueEnrolment.model_validate_json(row) for row in slices(path.read_bytes(), "iscrizioni")[1]]
        if path.stem == "closings":
            rows = [json.loads(row) for row in slices(path.read_bytes(), "chiusure")[1]]
            return [record for row in rows for record in closings.translate(row)]
        with path.open("rb") as handle:
            pages = list(read_pages(handle, path.name, Format.CSV, Reading()))
            return [attendance.translate(row) for page in pages for row in page.rows]

    return translate
