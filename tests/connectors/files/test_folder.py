from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from patto_connectors.errors import Refused
from patto_connectors.files.folder import MARKS, Found, Marks, look, move_away, open_plain


def test_a_file_is_moved_to_another_file_system_too(tmp_path):
    memory = Path("/dev/shm")  # noqa: S108 - another file system, where Linux has one
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("only one file system here")
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "a.csv.done").touch()

    with tempfile.TemporaryDirectory(dir=memory) as other:
        move_away(tmp_path, "a.csv", Path(other) / "done", "d1")

        assert (Path(other) / "done" / "a.csv").read_text() == "a"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_moved_is_told(tmp_path):
    (tmp_path / "a.csv").write_text("a")
    (tmp_path / "done").write_text("no folder")

    with pytest.raises(Refused) as refused:
        move_away(tmp_path, "a.csv", tmp_path / "done", "d1")

    assert refused.value.code == "folder.permission"


def test_marks_are_bounded_and_the_newest_stay():
    marks = Marks(None)
    for number in range(MARKS + 10):
        marks.add(Found(f"{number}.csv", 1, number, 1), f"d{number}")

    again = Marks(marks.cursor())
    assert len(marks.cursor()["files"]) == MARKS
    assert not again.unchanged(Found("9.csv", 1, 9, 1))
    assert again.unchanged(Found("10.csv", 1, 10, 1))


def test_a_look_passes_over_folders_and_tells_links(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "a.csv").touch()
    (tmp_path / "a.csv.done").touch()

    seen = look(tmp_path)

    assert [file.name for file in seen.files] == ["a.csv"]
    assert seen.odd == ["link.csv", "pipe.csv"]
    assert seen.markers == {"a.csv"}


@pytest.mark.parametrize("name", ["link.csv", "pipe.csv", "../a.csv", "/etc/hostname", "..", "none.csv", "a\0b"])
def test_only_plain_files_of_the_folder_are_opened(tmp_path, name):
    (tmp_path / "a.csv").touch()
    inner = tmp_path / "in"
    inner.mkdir()
    (inner / "link.csv").symlink_to(tmp_path / "a.csv")
    os.mkfifo(inner / "pipe.csv")

    with pytest.raises(OSError, match=r"not a|symbolic|No such"):
        open_plain(inner, name)
