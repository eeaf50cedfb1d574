from __future__ import annotations

import hashlib

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Rejected, Unreachable
from patto_connectors.files import FileSink, Register, read_sheet

BATCH = Batch(rows=[{"a": "1"}, b'{"a": "2"}'], name="esiti 2024")


async def test_a_batch_becomes_a_file_with_its_checksum(tmp_path):
    receipt = await FileSink(folder=tmp_path).write(BATCH)

    content = (tmp_path / "esiti 2024.csv").read_bytes()
    assert content == b"\xef\xbb\xbfa\r\n1\r\n2\r\n"
    assert (receipt.accepted, receipt.reference) == (2, "esiti 2024.csv")
    assert receipt.digest == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "esiti 2024.csv.sha256").read_text() == f"{receipt.digest}  esiti 2024.csv\n"


async def test_the_same_batch_again_changes_nothing(tmp_path):
    sink = FileSink(folder=tmp_path, form="xlsx")

    first, second = await sink.write(BATCH), await sink.write(BATCH)

    assert first == second
    assert len(list(tmp_path.iterdir())) == 3


async def test_rows_that_do_not_fit_are_told_and_the_others_written(tmp_path):
    with pytest.raises(Rejected) as rejected:
        await FileSink(folder=tmp_path, checksum=False).write(Batch(rows=[{"a": "x\0"}, {"a": "y"}], name="n"))

    assert [item.index for item in rejected.value.items] == [0]
    assert (tmp_path / "n.csv").read_bytes().endswith(b"a\r\ny\r\n")


async def test_a_batch_without_name_is_named_by_its_content(tmp_path):
    receipt = await FileSink(folder=tmp_path, form="json").write(Batch(rows=[{"a": 1}]))

    assert receipt.reference == f"{receipt.digest[:16]}.json"


async def test_a_missing_folder_is_tried_again_later(tmp_path):
    with pytest.raises(Unreachable):
        await FileSink(folder=tmp_path / "none").write(BATCH)


async def test_a_workbook_carries_its_legend(tmp_path):
    sink = FileSink(folder=tmp_path, form="xlsx", columns=("a",), legend=[("a", "il codice")])

    receipt = await sink.write(BATCH)

    (line,) = read_sheet((tmp_path / receipt.reference).read_bytes(), registers=(Register(sheet="legenda"),))
    assert line.fields == {"Voce": "a", "Significato": "il codice"}
