"""Workbooks are archives: what one really holds is measured before anything reads it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from patto_connectors.errors import Malformed, Refused

ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCAL = struct.Struct("<4s22xHH")
_STEP = 1 << 20
_ENCRYPTED_ENTRY = 0x1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveCaps:
    """What a workbook may hold, once unpacked."""

    packed: int = 64 * 2**20
    entries: int = 2_000
    unpacked: int = 256 * 2**20
    """Bytes of all entries together."""
    ratio: int = 200
    """Times that an entry over 1 MiB may be longer unpacked than packed."""


def check_archive(content: bytes, caps: ArchiveCaps) -> None:
    """Look a workbook over: real sizes (not those it declares), encryption, DOCTYPEs in its parts.

    Raises:
        Refused: `sheet.encrypted`: only the sender can take the password off.
        Malformed: `sheet.bomb`, `sheet.doctype` or `sheet.broken`.
    """
    if len(content) > caps.packed:
        raise _bomb(f"The workbook is longer than {caps.packed} bytes.")
    if content.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise _encrypted()
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as wrong:
        raise _broken() from wrong
    if len(entries) > caps.entries:
        raise _bomb(f"The workbook holds more than {caps.entries} parts.")
    if sum(each.file_size for each in entries) > caps.unpacked:
        raise _bomb(f"The workbook unpacks to more than {caps.unpacked} bytes.")
    left = caps.unpacked
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED_ENTRY:
            raise _encrypted()
        left -= _measure(content, entry, left, caps)


def _measure(content: bytes, entry: zipfile.ZipInfo, left: int, caps: ArchiveCaps) -> int:
    """Unpack one entry piece by piece, keeping nothing; give its real size."""
    packed = _packed(content, entry)
    if entry.compress_type == zipfile.ZIP_STORED:
        size = len(packed)
        _look(entry.filename, packed[:_STEP])
    elif entry.compress_type == zipfile.ZIP_DEFLATED:
        size = 0
        unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        rest = packed
        while True:
            try:
                piece = unpacker.decompress(rest, _STEP)
            except zlib.error as wrong:
                raise _broken() from wrong
            if not size:
                _look(entry.filename, piece)
            size += len(piece)
            if size > left or (size > _STEP and size > caps.ratio * max(len(packed), 1)):
                raise _bomb("A part of the workbook unpacks to far more than it should.")
            rest = unpacker.unconsumed_tail
            if unpacker.eof or (not piece and not rest):
                break
    else:
        raise _broken()
    if size > left:
        raise _bomb("The workbook unpacks to more than it may.")
    return size


def _packed(content: bytes, entry: zipfile.ZipInfo) -> bytes:
    try:
        mark, name, extra = _LOCAL.unpack_from(content, entry.header_offset)
    except struct.error as wrong:
        raise _broken() from wrong
    if mark != ZIP:
        raise _broken()
    start = entry.header_offset + _LOCAL.size + name + extra
    return content[start : start + entry.compress_size]


def _look(name: str, head: bytes) -> None:
    if name == "META-INF/manifest.xml" and b"encryption-data" in head:
        raise _encrypted()
    if name.endswith((".xml", ".rels", ".vml")) and b"<!DOCTYPE" in head:
        raise Malformed(
            "sheet.doctype",
            "A part of the workbook holds a DOCTYPE.",
            hint="Salvare di nuovo il file con Excel o LibreOffice (save the file again): chi produce il file.",
        )


def _bomb(detail: str) -> Malformed:
    return Malformed(
        "sheet.bomb",
        detail,
        hint="Inviare un file più piccolo o CSV (send a smaller file or CSV): chi produce il file.",
    )


def _broken() -> Malformed:
    return Malformed(
        "sheet.broken",
        "The workbook is damaged.",
        hint="Salvare di nuovo il file con Excel o LibreOffice (save the file again): chi produce il file.",
    )


def _encrypted() -> Refused:
    return Refused(
        "sheet.encrypted",
        "The workbook is protected by a password.",
        hint="Togliere la password dal file (remove the password): chi produce il file.",
    )
