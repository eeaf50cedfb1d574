from __future__ import annotations

import pytest

import patto_hub
from patto_hub.hookspecs import PROJECT


@pytest.mark.parametrize("name", patto_hub.__all__)
def test_each_public_name_can_be_imported(name: str) -> None:
    assert getattr(patto_hub, name) is not None


def test_an_unknown_name_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="Nothing"):
        patto_hub.Nothing  # noqa: B018 - asking is the test


def test_the_marker_of_plugins_is_that_of_the_hub() -> None:
    @patto_hub.hookimpl
    def register_connectors() -> list[object]:
        return []

    assert hasattr(register_connectors, f"{PROJECT}_impl")


def test_the_public_list_is_sorted_and_complete() -> None:
    homes = {name for names in patto_hub._HOMES.values() for name in names}

    assert patto_hub.__all__ == sorted(homes | {"__version__"})
