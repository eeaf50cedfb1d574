from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import patto_plugins.training_catalogue as plugin
from patto_plugins.training_catalogue.settings import CatalogueSettings
from patto_schemas.model import ENTITIES

FOLDER = Path(plugin.__file__).parent


def test_the_plugin_is_found_by_its_entry_point():
    found = {entry.name: entry.value for entry in entry_points(group="patto")}

    assert found["training_catalogue"] == "patto_plugins.training_catalogue"


def test_every_stream_is_declared():
    connectors = {connector.name: connector for connector in plugin.register_connectors()}

    assert list(connectors) == ["courses", "enrolments", "attendance", "closings", "requests"]
    assert all(connector.settings is CatalogueSettings for connector in connectors.values())
    assert all(set(connector.kinds) <= set(ENTITIES) for connector in connectors.values())
    assert all(set(connector.summary) == {"it", "en"} for connector in connectors.values())


def test_every_setting_is_explained():
    schema = CatalogueSettings.model_json_schema()

    for name, part in schema["$defs"].items():
        if name in {"Courses", "Enrolments", "Attendance", "Requests", "Closings"}:
            assert all(field.get("description") or field.get("const") for field in part["properties"].values()), name


def test_the_folder_holds_what_a_partner_and_an_engineer_need():
    for name in ("README.md", "SCHEDA.md", "quality.toml", "samples/in", "samples/out"):
        assert (FOLDER / name).exists(), name
