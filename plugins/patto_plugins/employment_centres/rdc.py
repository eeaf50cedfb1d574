"""Beneficiaries of RdC by tax code: by which INPS protocol and which SAP sheet a person of an open pact is known.

The canonical model has no place for a benefit, and a pact needs none: what is kept is the person's names, so that a
loan or a pact that comes with an INPS protocol, or a sheet that comes with its code, finds its person. The protocol is
the household's, so it names the person who applied and nobody else. State, dates, addresses, the other members and
their kinship are read by nobody.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.asking import Answered, Ask
from patto_connectors.soap import OutcomeWords, meaning, open_soap
from patto_plugins.employment_centres.settings import wsdl
from patto_schemas.identity import tax_code
from patto_schemas.model import Person

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from patto_hub import Subject
    from patto_plugins.employment_centres.settings import Rdc

OPERATION: Final = "ricevi_RDC_by_codiceFiscale"
FIELDS: Final = ("cod_fiscale", "cod_protocollo_inps", "cod_sap", "des_cognome", "des_nome", "dtt_nascita", "cod_sesso")


@asynccontextmanager
async def asking(settings: Rdc) -> AsyncIterator[Ask]:
    """Open a session in which the service is asked about people."""
    words = OutcomeWords(field="esito.codEsito", passed=settings.passed, refused=frozenset())
    async with open_soap(settings.soap(), wsdl("rdc"), harmless={OPERATION}) as client:

        async def ask(subject: Subject) -> Answered:
            answer = await client.call(OPERATION, codFiscale=subject.person.value)
            meaning(answer, words)
            rows = rows_of(answer, subject)
            return Answered(rows=rows, positions=[f"beneficiario {place}" for place in range(1, len(rows) + 1)])

        yield ask


def rows_of(answer: Mapping[str, Any], subject: Subject) -> list[dict[str, Any]]:
    """Give a row of the person asked about, if the answer gives it a name that the hub does not have yet.

    The same person in several applications is the newest one: a protocol ends with its application.
    """
    listed = (answer["beneficiari"] or {}).get("beneficiario") or []
    mine = [each for each in listed if (each["cod_fiscale"] or "").strip().upper() == subject.person.value]
    if not mine:
        return []
    newest = max(mine, key=lambda each: each["dtt_domanda"] or "")
    applied = (newest["cod_fiscale_richiedente"] or "").strip().upper() == subject.person.value
    row = {name: newest[name] for name in FIELDS if newest[name]}
    if not applied:
        row.pop("cod_protocollo_inps", None)
    return [row] if row.keys() & {"cod_protocollo_inps", "cod_sap"} else []


def translate(row: Mapping[str, Any]) -> Person:
    """Translate a beneficiary.

    Raises:
        KeyError: an element is missing.
        ValueError: the tax code has not its shape, where the sex is not said otherwise.
        pydantic.ValidationError: another element is not as agreed.
    """
    code = row["cod_fiscale"].strip().upper()
    named = [("cf", code), ("inps_protocol", row.get("cod_protocollo_inps")), ("sap", row.get("cod_sap"))]
    key = row.get("cod_sap") or row["cod_protocollo_inps"]
    return Person.model_validate(
        {
            "person_id": f"rdc-{key}",
            "identifiers": [{"scheme": scheme, "value": value} for scheme, value in named if value],
            "given_name": row["des_nome"],
            "family_name": row["des_cognome"],
            "sex": row.get("cod_sesso") or tax_code.birth(code).sex,
            "birth_date": row["dtt_nascita"][:10],
        }
    )
