"""The closing of a course edition: what became of everybody who was in it, with certificates, in one document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from patto_plugins.training_catalogue.enrolments import CatalogueEnrolment
from patto_schemas.model.written import read_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from patto_schemas.model import Enrolment

ENDS = {
    "ATTESTATO": "CONCLUSO",
    "FREQUENZA": "CONCLUSO",
    "RITIRATO": "RITIRATO",
    "ESCLUSO": "ESCLUSO",
    "ANNULLATA": "ANNULLATO",
}
"""How somebody came out of an edition, and the state that this is."""


def translate(row: Mapping[str, Any]) -> Iterator[Enrolment]:
    """Give an enrolment for each participant: ended with the edition, or before it.

    Raises:
        KeyError: the closing, or a participant, lacks a field.
        ValueError: an outcome is not one of the agreed words.
    """
    closed = read_day(row["chiusa_il"])
    for each in row["partecipanti"]:
        enrolment = dict(each)
        outcome = enrolment.pop("esito")
        if outcome not in ENDS:
            raise ValueError("an outcome is not one of the agreed words")
        ended = enrolment.get("data_fine") or (None if closed is None else closed.isoformat())
        enrolment |= {"id_edizione": row["id_edizione"], "stato": ENDS[outcome], "data_fine": ended, "stato_dal": ended}
        yield CatalogueEnrolment.model_validate_json(json.dumps(enrolment))
