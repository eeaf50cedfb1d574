"""The workbook of an Ambito without a system: a sheet per kind of row, with the names that its service would use.

What belongs to a pact (goals, commitments, suspensions, sanctions, consents) and to a measure (its events) stands on a
sheet of its own; the hub puts it into its pact or measure before it reads the row.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from patto_connectors.files.nested import Nest
from patto_connectors.files.register import REGISTER, SHEET, Register
from patto_plugins.social_districts.translate import DistrictMeasure, DistrictPact, DistrictPerson, DistrictRequest
from patto_schemas.model.written import read_flag, read_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from patto_schemas.model.base import Entity

COLUMNS: Final[Mapping[str, str]] = {
    "Persone": "idPersona codiceFiscale nome cognome sesso dataNascita luogoNascita statoNascita cittadinanza"
    " codiceCittadinanza comuneResidenza"
    " indirizzoResidenza capResidenza cellulare titoloStudio condizioneLavorativa mesiRicercaLavoro tipologiaFamiliare"
    " disagioAbitativo",
    "Patti": "idPatto protocollo codiceFiscale componentiNucleo ambito comune misura protocolloInps dataProposta"
    " dataFirma validoDal validoAl stato microcredito responsabile verificaOgni verificaUnita prossimaVerifica"
    " chiusuraCodice chiusuraData chiusuraMotivo chiusuraSuccessivo indennitaImporto indennitaMesi",
    "Obiettivi": "idPatto idObiettivo descrizione orizzonte raggiunto valutatoIl",
    "Risultati": "idPatto idRisultato descrizione idObiettivo entro raggiunto",
    "Impegni": "idPatto idImpegno descrizione condizionalita rispettato",
    "Verifiche": "idPatto data esito nota",
    "Sospensioni": "idPatto dal al motivo",
    "Sanzioni": "idPatto data motivo mesiPersi importoPerso decadenza",
    "Consensi": "idPatto schemaEnte codiceEnte ambitoInformativo concesso registratoIl",
    "Interventi": "idIntervento idPatto tipo denominazione codiceAttivita tipoProgetto idPolitica idPresaInCarico"
    " codicePromotore codiceErogatore schemaErogatore codiceOspitante schemaOspitante cfDatoreLavoro dataProposta"
    " dataInizio dataFine dataFinePrevista durata unitaDurata orePreviste oreSvolte descrizione",
    "Eventi": "idIntervento codice data nota",
    "Richieste": "idRichiesta codiceFiscale idPolitica tipo idEdizione codiceCorso codiceOspitante schemaOspitante"
    " stato statoDal dataRichiesta orePreviste",
}
"""The columns of each sheet; spaces, capitals and accents do not matter: `ID patto` is `idPatto`."""
KEYS: Final[Mapping[str, str]] = {sheet: names.split()[0] for sheet, names in COLUMNS.items()}
NESTS: Final = (
    Nest(
        parent="Patti",
        key="idPatto",
        children={
            "Obiettivi": "obiettivi",
            "Risultati": "risultati",
            "Impegni": "impegni",
            "Verifiche": "verifiche",
            "Sospensioni": "sospensioni",
            "Sanzioni": "sanzioni",
            "Consensi": "consensi",
        },
    ),
    Nest(parent="Interventi", key="idIntervento", children={"Eventi": "eventi"}),
)
DAYS: Final = frozenset(
    {
        "al",
        "chiusuraData",
        "dal",
        "data",
        "dataFine",
        "dataFinePrevista",
        "dataFirma",
        "dataInizio",
        "dataNascita",
        "dataProposta",
        "dataRichiesta",
        "entro",
        "prossimaVerifica",
        "statoDal",
        "validoAl",
        "validoDal",
        "valutatoIl",
    }
)
AMOUNTS: Final = frozenset({"indennitaImporto", "importoPerso", "orePreviste", "oreSvolte"})
WHOLE: Final = frozenset(
    {
        "componentiNucleo",
        "durata",
        "indennitaMesi",
        "mesiPersi",
        "mesiRicercaLavoro",
        "raggiunto",
        "verificaOgni",
    }
)
FLAGS: Final = frozenset({"condizionalita", "rispettato", "decadenza", "concesso", "disagioAbitativo"})
DIGITS: Final[Mapping[str, int]] = {
    "comune": 6,
    "comuneResidenza": 6,
    "capResidenza": 5,
    "tipoProgetto": 2,
    "codice": 2,
    "codiceCittadinanza": 3,
}
"""Codes of digits, whose leading zeros are lost where the cell is a number."""
GROUPS: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "Patti": (
        "chiusura",
        {
            "chiusuraCodice": "codice",
            "chiusuraData": "data",
            "chiusuraMotivo": "motivo",
            "chiusuraSuccessivo": "idSuccessivo",
        },
    ),
    "Persone": (
        "residenza",
        {"comuneResidenza": "comune", "indirizzoResidenza": "indirizzo", "capResidenza": "cap"},
    ),
}
"""By sheet: the group into which some of its columns go, and their names in it."""

REGISTERS: Final = tuple(
    Register(
        name=sheet,
        sheet=f"{sheet.lower()}*",
        columns=names.split(),
        required=names.split()[:2],
        key=(names.split()[0],),
        kinds={name: "day" if name in DAYS else "amount" for name in names.split() if name in DAYS | AMOUNTS},
    )
    for sheet, names in COLUMNS.items()
)


def translate(row: Mapping[str, Any]) -> Entity:
    """Give the record of a row, by the sheet on which it stood.

    Raises:
        ValidationError: the row is no such record.
        ValueError: a cell is neither yes nor no, or no instant.
    """
    fields = _typed({name: value for name, value in row.items() if name not in {REGISTER, SHEET}})
    sheet = row[REGISTER]
    if sheet in GROUPS:
        group, names = GROUPS[sheet]
        held = {inner: fields.pop(name) for name, inner in names.items() if name in fields}
        fields |= {group: held} if held else {}
    made = _SHEETS[sheet](fields)
    return _MODELS[sheet].model_validate_json(json.dumps(made, ensure_ascii=False))


def _typed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Give each cell the type that the service's JSON would have."""
    typed: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, list):
            typed[name] = [_typed(each) for each in value]
        elif name in FLAGS:
            typed[name] = read_flag(value)
        elif name in WHOLE and value.isascii() and value.isdigit():
            typed[name] = int(value)
        elif name in DIGITS and value.isascii() and value.isdigit():
            typed[name] = value.zfill(DIGITS[name])
        elif name == "registratoIl":
            instant = read_instant(value)
            typed[name] = None if instant is None else instant.isoformat()
        else:
            typed[name] = value
    return typed


def _person(fields: dict[str, Any]) -> dict[str, Any]:
    fields["identificativi"] = [{"schema": "cf", "valore": fields.pop("codiceFiscale")}]
    if "luogoNascita" in fields:
        fields["luogoNascita"] = {"codiceCatastale": fields["luogoNascita"]}
    if "statoNascita" in fields:
        fields.setdefault("luogoNascita", {})["stato"] = fields.pop("statoNascita")
    if "cellulare" in fields:
        fields["contatti"] = [{"tipo": "cellulare", "valore": fields.pop("cellulare")}]
    return fields


def _pact(fields: dict[str, Any]) -> dict[str, Any]:
    amount, months = fields.pop("indennitaImporto", None), fields.pop("indennitaMesi", None)
    if amount is not None or months is not None:
        fields["indennita"] = {"importoMensile": amount, "mesi": months}
    return fields


_SHEETS: Final[Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "Persone": _person,
    "Patti": _pact,
    "Interventi": dict,
    "Richieste": dict,
}
_MODELS: Final[Mapping[str, type[Entity]]] = {
    "Persone": DistrictPerson,
    "Patti": DistrictPact,
    "Interventi": DistrictMeasure,
    "Richieste": DistrictRequest,
}


def key_of(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Say whom a row speaks of that could not be translated, so that its correction closes its quarantine."""
    sheet = row.get(REGISTER, "")
    key = row.get(KEYS[sheet]) if sheet in _MODELS else None
    return None if not key else (_MODELS[sheet].kind, str(key))
