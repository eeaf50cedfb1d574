"""The closing of an edition ends the enrolments of all who were in it."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from patto_plugins.training_catalogue import closings_source
from patto_plugins.training_catalogue.closings import translate
from patto_plugins.training_catalogue.fake import FakeSettings, service
from patto_plugins.training_catalogue.settings import CatalogueSettings
from patto_schemas.chronicle import Rates
from patto_schemas.model.wire import canonical_json
from patto_schemas.rules import check

PERSON = {
    "id_iscrizione": "IS-1",
    "codice_fiscale": "RSSMRA85T10A562S",
    "id_politica": "141E000A04A",
    "tipo": "CORSO",
    "data_avvio": "2026-01-12",
}
CLOSING = {"id_edizione": "ED-1", "chiusa_il": "30/05/2026", "aggiornata_il": "2026-06-01T09:00:00Z"}


def closing(**more):
    return CLOSING | {"partecipanti": [PERSON | {"esito": "FREQUENZA"} | more]}


def test_everybody_who_stayed_ends_with_the_edition():
    (record,) = translate(closing(esito="ATTESTATO", attestato={"codice": "QUAL", "data_rilascio": "2026-06-01"}))

    assert (record.status, f"{record.ended_on}", record.edition_id) == ("completed", "2026-05-30", "ED-1")
    assert record.certificate.code == "QUAL"
    assert check(record) == []


def test_who_left_before_keeps_the_day():
    (record,) = translate(closing(esito="RITIRATO", data_fine="2026-03-01"))

    assert (record.status, f"{record.ended_on}") == ("withdrawn", "2026-03-01")


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (closing(esito="BOH"), ValueError),
        (closing(codice_fiscale=None), ValidationError),
        (CLOSING, KeyError),
        (closing() | {"chiusa_il": "31/02/2026"}, ValueError),
    ],
)
def test_a_closing_that_cannot_be_read_is_set_aside(row, error):
    with pytest.raises(error):
        list(translate(row))


async def test_closings_say_what_the_listing_of_enrolments_says():
    told = service(FakeSettings(people=60, rates=Rates(late=0, mistakes=0, missing=0)))
    async with told.running() as address:
        settings = CatalogueSettings.model_validate({"http": {"base_url": f"{address}/v1"}})
        rows = [json.loads(row) async for batch in closings_source(settings).read(None) for row in batch.rows]

    records = [record for row in rows for record in translate(row)]
    true = {each.key: each for each in told.catalogue.enrolments.values()}
    assert len(records) > 5
    assert {each.status for each in records} >= {"completed", "withdrawn"}
    assert all(true[each.key].status == each.status for each in records)
    assert all(json.loads(canonical_json(each))["person_id"] == true[each.key].person_id for each in records)
