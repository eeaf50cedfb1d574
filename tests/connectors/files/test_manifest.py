"""An outcome file is somebody else's: what cannot be read is left, what is no id or code is not kept."""

from __future__ import annotations

import pytest

from patto_connectors.contract import Batch
from patto_connectors.files import FileSink
from patto_connectors.files.manifest import LARGEST, outcome_names, read_outcome

GOOD = b'{"accepted": 1, "refused": [{"id": "pact-2", "code": "X1"}]}'


@pytest.fixture
async def answers(tmp_path):
    sink = FileSink(folder=tmp_path)
    receipt = await sink.write(Batch(rows=[{"a": "1"}], name="pacts-1-2"))

    async def read():
        return await sink.answers([receipt.reference])

    return read


async def test_a_drop_folders_receiver_answers_in_the_same_folder(tmp_path, answers):
    before = await answers()
    (tmp_path / "pacts-1-2_esito.json").write_bytes(GOOD)
    [told] = await answers()

    assert before == []
    assert (told.reference, told.accepted, told.refused) == ("pacts-1-2.csv", 1, {"pact-2": "X1"})


async def test_a_link_or_a_huge_file_is_no_answer(tmp_path, answers):
    (tmp_path / "elsewhere").write_bytes(GOOD)
    (tmp_path / "pacts-1-2_esito.json").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "pacts-1-2_esito.csv").write_bytes(b"x" * (LARGEST + 1))

    assert await answers() == []


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("json", b""),
        ("json", b"[1]"),
        ("json", b'{"accepted": -1}'),
        ("json", b'{"accepted": 1, "refused": [{"id": "RSSMRA85T10A562S"}]}'),
        ("json", b"\xff\xfe"),
        ("csv", b""),
        ("csv", b"nome;esito\nMario;rifiutata\n"),
        ("csv", b"id;esito;codice\nMario Rossi;rifiutata;X\n"),
        ("csv", b'id;esito;codice\n"pact-1'),
        ("csv", b"\xff\xfe"),
    ],
)
def test_what_cannot_be_read_is_no_answer(kind, content):
    assert read_outcome("a.csv", f"a_esito.{kind}", content) is None


def test_a_sentence_in_the_place_of_a_code_is_not_kept():
    told = read_outcome("a.csv", "a_esito.csv", "id;esito;codice\npact-1;Rifiutata;Mario Rossi non c'è\n".encode())

    assert told.refused == {"pact-1": "other"}


def test_answers_are_named_by_the_file():
    assert outcome_names("pacts-1-2.xlsx") == ("pacts-1-2_esito.json", "pacts-1-2_esito.csv")
