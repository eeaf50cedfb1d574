from __future__ import annotations

import pytest

from patto_connectors.files import put, written


def test_a_file_takes_its_name_when_it_is_whole(tmp_path):
    path = tmp_path / "a.csv"
    with written(path) as handle:
        handle.write(b"half")
        assert not path.exists()

    assert path.read_bytes() == b"half"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_a_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.csv"
    put(path, b"before")

    def fail():
        with written(path) as handle:
            handle.write(b"after")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        fail()

    assert path.read_bytes() == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]


def test_a_link_in_the_way_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    (tmp_path / ".a.csv.tmp").symlink_to(victim)

    with pytest.raises(OSError, match="symbolic"):
        put(tmp_path / "a.csv", b"theirs")
    assert victim.read_bytes() == b"mine"
