from __future__ import annotations

import pytest
from pydantic import ValidationError

from patto_connectors.contract import Pushed
from patto_connectors.errors import Refused
from patto_connectors.files import DropFolderSource, FileSink
from patto_connectors.sftp import SftpSink, SftpSource
from patto_plugins.cooperatives.profiles import INTERNSHIPS
from patto_plugins.cooperatives.settings import CooperativeSettings, files, handed, registers
from patto_plugins.cooperatives.translate import translate
from patto_schemas.model.wire import canonical_json

SERVER = {
    "host": "sftp.example",
    "user": "patto",
    "password": "x",
    "host_keys": ["SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"],
    "folder": "/registri",
}


def test_a_server_or_a_folder_gives_the_source_and_the_sink(tmp_path):
    server = CooperativeSettings.model_validate({"sftp": SERVER | {"deliveries": "/assegnazioni"}})
    folder = CooperativeSettings(folder=tmp_path, deliveries=tmp_path / "out")

    assert isinstance(registers(INTERNSHIPS, server), SftpSource)
    assert isinstance(registers(INTERNSHIPS, folder), DropFolderSource)
    assert isinstance(files(server, (), ()), SftpSink)
    assert isinstance(files(folder, (), ()), FileSink)


@pytest.mark.parametrize("form", ["xlsx", "ods"])
def test_what_is_handed_in_is_read_as_the_same_file_in_the_folder(tmp_path, samples, form):
    sample = samples / "in" / f"registro.{form}"
    door = handed(CooperativeSettings(folder=tmp_path))
    media_type = next(each for each in door.media_types if ("spreadsheetml" in each) is (form == "xlsx"))

    batches = list(door.rows(Pushed(number=1, name="a" * 32, content=sample.read_bytes(), media_type=media_type)))

    records = [translate(row) for batch in batches for row in batch.rows]
    expected = (samples / "out" / f"registro_{form}.ndjson").read_text("utf-8").splitlines()
    assert [canonical_json(record).decode() for record in records] == expected
    assert batches[-1].replaces


@pytest.fixture
def samples(folder):
    return folder / "samples"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"sftp": SERVER, "folder": "/srv/x"},
        {"sftp": {name: value for name, value in SERVER.items() if name != "host_keys"}},
        {"sftp": SERVER, "done": "/srv/x"},
        {"sftp": SERVER, "deliveries": "/srv/x"},
        {"folder": "/srv/x", "sheets": {"Presenza": "foglio*"}},
        {"folder": "/srv/x", "aliases": {"Giorno": ["Data"]}},
        {"folder": "/srv/x", "without": ["Data"]},
        {"folder": "/srv/x", "cartella": "/srv/y"},
    ],
)
def test_what_cannot_work_is_refused_at_once(wrong):
    with pytest.raises(ValidationError):
        CooperativeSettings.model_validate(wrong)


def test_a_wrong_column_is_answered_with_those_that_there_are():
    with pytest.raises(ValidationError, match=r"Giorno: not among .*Data"):
        CooperativeSettings.model_validate({"folder": "/srv/x", "aliases": {"Giorno": ["Data"]}})


@pytest.mark.parametrize("where", [{"sftp": SERVER}, {"folder": "/srv/x"}])
def test_assignments_are_not_written_among_the_registers(where):
    with pytest.raises(Refused, match="folder") as refused:
        files(CooperativeSettings.model_validate(where), (), ())

    assert (refused.value.code, "deliveries" in refused.value.hint) == ("settings.missing", True)
