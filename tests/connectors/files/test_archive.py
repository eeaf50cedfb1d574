from __future__ import annotations

import io
import struct
import zipfile

import pytest

from patto_connectors.errors import Malformed, Refused
from patto_connectors.files.archive import OLE, ArchiveCaps, check_archive


def packed(**entries: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return target.getvalue()


def code(content: bytes, **caps: int) -> str:
    with pytest.raises((Malformed, Refused)) as refused:
        check_archive(content, ArchiveCaps(**caps))
    assert refused.value.hint
    return refused.value.code


def test_an_archive_passes_up_to_its_caps_and_no_further():
    ordinary = packed(a=b"x" * 1000, b=b"y" * 500)
    caps = {"packed": len(ordinary), "entries": 2, "unpacked": 1500}

    check_archive(ordinary, ArchiveCaps(**caps))

    assert [code(ordinary, **{**caps, name: most - 1}) for name, most in caps.items()] == ["sheet.bomb"] * 3


def test_F33_an_entry_that_unpacks_to_far_more_is_refused():
    assert code(packed(a=b"0" * 50_000_000)) == "sheet.bomb"


def test_F33_many_entries_are_refused():
    assert code(packed(**{f"e{n}": b"" for n in range(50)}), entries=49) == "sheet.bomb"


def test_F33_a_declared_size_over_the_cap_is_refused_unread():
    assert code(packed(a=b"x" * 1000, b=b"y" * 1000), unpacked=1500) == "sheet.bomb"


def test_F33_an_entry_that_lies_about_its_size_is_measured():
    content = bytearray(packed(a=bytes(range(256)) * 40_000))
    real = struct.pack("<L", 256 * 40_000)
    assert content.count(real) == 2
    lying = bytes(content).replace(real, struct.pack("<L", 10))

    assert code(lying, unpacked=1_000_000) == "sheet.bomb"


def test_F33_an_encrypted_workbook_is_refused_and_says_who_can_help():
    assert code(OLE + b"\0" * 100 + "EncryptedPackage".encode("utf-16-le")) == "sheet.encrypted"
    assert code(packed(**{"META-INF/manifest.xml": b"<m:encryption-data/>"})) == "sheet.encrypted"


def test_F33_a_doctype_in_a_part_is_refused():
    assert code(packed(**{"xl/workbook.xml": b"<?xml version='1.0'?><!DOCTYPE a><a/>"})) == "sheet.doctype"


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", packed(a=b"x" * 99)[:-30], packed(a=b"x" * 999)[200:]],
    ids=["empty", "only a mark", "without its end", "without its start"],
)
def test_F33_a_damaged_archive_is_refused(content):
    assert code(content) == "sheet.broken"
