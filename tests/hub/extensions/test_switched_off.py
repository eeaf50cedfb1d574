from __future__ import annotations

import pytest

from patto_hub.extensions.switched_off import FILE, UnreadableSwitches, read_switched_off, switch_off, switch_on


def test_what_is_switched_off_stays_so_until_it_is_switched_on(tmp_path) -> None:
    data_dir = tmp_path / "not" / "yet"

    switch_off(data_dir, "catalogue", "perché sì")
    switch_off(data_dir, "districts", "")

    assert read_switched_off(data_dir) == {"catalogue": "perché sì", "districts": ""}
    assert switch_on(data_dir, "catalogue")
    assert not switch_on(data_dir, "catalogue")
    assert list(read_switched_off(data_dir)) == ["districts"]


def test_without_a_file_nothing_is_switched_off(tmp_path) -> None:
    assert read_switched_off(tmp_path) == {}


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_damaged_file_is_named(tmp_path, content) -> None:
    (tmp_path / FILE).write_text(content)

    with pytest.raises(UnreadableSwitches, match=FILE):
        read_switched_off(tmp_path)
