"""File names that came from outside: what may be shown, what may be written, what is told apart by its content."""

from __future__ import annotations

import re
from enum import StrEnum

from patto_connectors.errors import Malformed
from patto_connectors.files.archive import OLE, ZIP

_ODD = re.compile(r"[^\w.\- ()]+", re.ASCII)
_DOTS = re.compile(r"\.{2,}")
MOST = 100
"""Characters of a file name that we write."""
OUTCOME = "_esito"
"""How the name of an outcome file ends, before its extension."""


class Format(StrEnum):
    """What a file holds."""

    CSV = "csv"
    JSON = "json"
    NDJSON = "ndjson"
    XML = "xml"
    SHEET = "sheet"


_BY_EXTENSION = {
    "csv": Format.CSV,
    "txt": Format.CSV,
    "tsv": Format.CSV,
    "json": Format.JSON,
    "ndjson": Format.NDJSON,
    "jsonl": Format.NDJSON,
    "xml": Format.XML,
    "xlsx": Format.SHEET,
    "xlsm": Format.SHEET,
    "xlsb": Format.SHEET,
    "xls": Format.SHEET,
    "ods": Format.SHEET,
}


def safe_name(name: str) -> str:
    """Make a name that stays in its folder and can be written anywhere; never empty, never hidden."""
    flat = _DOTS.sub(".", _ODD.sub("_", name)).strip(". ")
    return flat[-MOST:].strip(". ") or "senza_nome"


def shown(name: str) -> str:
    """Give a name for people: control characters and bytes that are no text are replaced."""
    readable = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(each if each.isprintable() else "\ufffd" for each in readable)[:MOST]


def format_of(name: str, head: bytes) -> Format:
    """Say what a file holds, by its extension, and make sure that its first bytes agree.

    Raises:
        Malformed: `file.format`: the extension is not known, or the content is something else.
    """
    found = _BY_EXTENSION.get(name.rpartition(".")[2].lower())
    if found is None:
        raise _unlike("The file's extension is not one of those that are read.")
    check_content(found, head)
    return found


def check_content(form: Format, head: bytes) -> None:
    """Make sure that what was called by a format begins as one of it.

    Raises:
        Malformed: `file.format`: it is something else.
    """
    archive = head.startswith((ZIP, OLE))
    text = head.lstrip(b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n")[:1]
    agrees = {
        Format.SHEET: archive,
        Format.JSON: text in (b"{", b"[", b""),
        Format.NDJSON: text in (b"{", b""),
        Format.XML: text in (b"<", b""),
        Format.CSV: not archive and text != b"<",  # a web page, saved under the name of what was asked for
    }
    if not agrees[form]:
        raise _unlike("The content is not what it is called.")


def _unlike(detail: str) -> Malformed:
    return Malformed(
        "file.format",
        detail,
        hint="Salvare il file nel formato del suo nome: .csv .xlsx .ods .xls .json .ndjson .xml "
        "(save it in the format that its name says): chi produce il file.",
    )
