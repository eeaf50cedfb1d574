"""What goes with a delivered file: the manifest that says it is whole, and the outcome file that comes back for it.

Of `pacts-1-500.csv` the manifest is `pacts-1-500_manifest.json`, written last; the receiver may answer with
`pacts-1-500_esito.json` or `.csv`, named as the outcome files that we write for what partners hand in.
"""

from __future__ import annotations

import csv
import json
import re
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from patto_connectors.contract import Told
from patto_connectors.files.names import OUTCOME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST: Final = "_manifest"
"""How the name of a manifest ends, before its extension."""
LARGEST: Final = 4 * 1024 * 1024
"""Bytes of an outcome file that are read."""
MOST: Final = 5_000
"""Refusals of an outcome file that are kept."""
_ID: Final = r"^[a-z_]{1,40}-[0-9a-z]{1,40}$"
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")
_REFUSED: Final = ("rifiut", "refus", "scart", "reject")
"""How words for a refused row begin."""


def manifest_name(file: str) -> str:
    """Give the name of a file's manifest."""
    return f"{file.rpartition('.')[0]}{MANIFEST}.json"


def manifest_bytes(file: str, *, digest: str, size: int, rows: int, span: Mapping[str, object]) -> bytes:
    """Write a manifest: the same for the same file, so that a repeat changes nothing.

    Args:
        file: its name.
        digest: SHA-256 in hex.
        size: bytes.
        rows: how many rows it holds.
        span: which changes they are: `from` and `to`, where the batch says so.
    """
    said = {"version": 1, "files": [{"name": file, "sha256": digest, "bytes": size, "rows": rows}], **span}
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


def outcome_names(file: str) -> tuple[str, str]:
    """Give the names under which the receiver of a file may tell what became of it."""
    stem = f"{file.rpartition('.')[0]}{OUTCOME}"
    return f"{stem}.json", f"{stem}.csv"


class _Refused(BaseModel):
    """A row that the receiver could not take."""

    model_config = ConfigDict(extra="ignore")

    id: str = Field(pattern=_ID)
    code: str = Field(default="", max_length=60)


class _Outcome(BaseModel):
    """An outcome file in JSON."""

    model_config = ConfigDict(extra="ignore")

    accepted: int = Field(ge=0)
    refused: Annotated[list[_Refused], Field(max_length=MOST)] = []


def read_outcome(file: str, name: str, content: bytes) -> Told | None:
    """Read what a receiver says of a delivered file; None if it cannot be read: it may be half written.

    Of what it says only ids and codes are kept, no free text.
    """
    try:
        if name.endswith(".json"):
            said = _Outcome.model_validate_json(content)
            return Told(file, said.accepted, {each.id: _code(each.code) for each in said.refused})
        return _from_csv(file, content.decode("utf-8-sig"))
    except (ValidationError, ValueError, csv.Error):
        return None


def _from_csv(file: str, text: str) -> Told:
    """Read `id;esito;codice`, a line for each row."""
    accepted, refused = 0, {}
    for row in _rows(text):
        if str(row.get("esito") or "").strip().lower().startswith(_REFUSED):
            refused[str(row["id"])] = _code(str(row.get("codice") or ""))
        else:
            accepted += 1
    return Told(file, accepted, dict(list(refused.items())[:MOST]))


def _rows(text: str) -> Iterator[Mapping[str, str | None]]:
    rows = csv.DictReader(text.splitlines(), delimiter=";", strict=True)
    if not {"id", "esito"} <= set(rows.fieldnames or ()):
        raise ValueError("an outcome file has the columns id, esito and codice")
    for row in rows:
        if not re.fullmatch(_ID, row["id"] or ""):
            raise ValueError("a row of an outcome file begins with the id of an item")
        yield row


def _code(text: str) -> str:
    """Keep a code if it is one; a sentence is none, and may name somebody."""
    return text if _CODE.fullmatch(text) else "other"
