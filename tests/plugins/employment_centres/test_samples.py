"""The samples are what partners send, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

import patto_plugins.employment_centres as plugin
from patto_connectors.contract import Subject
from patto_connectors.json import parse_strict
from patto_connectors.soap import load_service
from patto_connectors.soap.envelope import open_envelope, read_message
from patto_plugins.employment_centres import rdc, sap, sil, unilav
from patto_plugins.employment_centres.settings import wsdl
from patto_schemas.model.base import Name
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

SAMPLES = Path(plugin.__file__).with_name("samples")
ANNA = Subject(person=Name("cf", "BNCNNA88E54E506D"), pact=Name("local:ambito_le_1", "PA-000042"), position="1")


def _rdc(content):
    service = load_service(wsdl("rdc"))
    reply = service.operation(rdc.OPERATION).reply
    return rdc.rows_of(read_message(open_envelope(content, service.envelope), reply), ANNA)


READ = {
    "sap.xml": (lambda content: sap.sheet_rows(content.decode(), ANNA, "PU01000042H"), sap.translate),
    "did.xml": (lambda content: sap.did_rows(content.decode(), ANNA), sap.translate),
    "sil.json": (lambda content: sil.policy_rows(parse_strict(content), ANNA), sil.translate),
    "communications.json": (
        lambda content: unilav.rows_of(parse_strict(content)["storicoComunicazioni"]["lista"], ANNA),
        unilav.translate,
    ),
    "rdc.xml": (_rdc, rdc.translate),
}


def test_there_is_a_sample_of_each_dialect():
    assert {path.name for path in (SAMPLES / "in").iterdir()} == set(READ)


@pytest.mark.parametrize("name", sorted(READ))
def test_a_sample_is_reproduced(name):
    rows_of, translate = READ[name]

    records = [translate(row) for row in rows_of((SAMPLES / "in" / name).read_bytes())]

    written = SAMPLES / "out" / f"{Path(name).stem}.ndjson"
    assert [canonical_json(record).decode() for record in records] == written.read_text("utf-8").splitlines()
    assert [issue for record in records for issue in check(record)] == []
    assert [extras(record) for record in records if extras(record)] == []
