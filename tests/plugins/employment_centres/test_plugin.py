from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path

import pytest

import patto_plugins.employment_centres as plugin
from patto_connectors.errors import Refused
from patto_plugins.employment_centres.settings import CentreSettings, Rdc, Sap, Sil
from patto_schemas.model import ENTITIES

FOLDER = Path(plugin.__file__).parent
STREAMS = ["sap", "notifications", "sap_out", "sil", "sil_out", "communications", "rdc"]


def test_the_plugin_is_found_by_its_entry_point():
    found = {entry.name: entry.value for entry in entry_points(group="patto")}

    assert found["employment_centres"] == "patto_plugins.employment_centres"


def test_seven_streams_are_declared():
    connectors = {connector.name: connector for connector in plugin.register_connectors()}

    assert list(connectors) == STREAMS
    assert all(connector.settings is CentreSettings for connector in connectors.values())
    assert all(set(connector.kinds) <= set(ENTITIES) for connector in connectors.values())
    assert all(set(connector.summary) == {"it", "en"} for connector in connectors.values())
    assert [name for name, connector in connectors.items() if not connector.reads] == ["sap_out", "sil_out"]


def test_the_feeds_have_what_the_sinks_are_handed():
    feeds = {feed.name: feed for feed in plugin.register_feeds()}
    out = {each.name: each for each in plugin.register_connectors() if each.sink}

    assert set(out["sap_out"].beside) == feeds["sap"].kinds
    assert {*out["sil_out"].beside, "measure"} == feeds["service-pacts"].kinds


def test_the_checks_say_in_both_languages_what_they_mean():
    assert [check.rule for check in plugin.register_checks()] == [
        "centre.other_state",
        "centre.other_end",
        "centre.two_open_a02",
        "centre.policy_unknown",
    ]
    assert all(set(check.summary) == {"it", "en"} for check in plugin.register_checks())


@pytest.mark.parametrize("stream", [each for each in STREAMS if not each.endswith("_out")])
def test_a_service_that_is_not_set_is_asked_for(stream, streams):
    with pytest.raises(Refused) as refused:
        streams(stream).asks(CentreSettings(), None)

    assert refused.value.code == "settings.missing"


def test_every_setting_is_explained():
    schema = CentreSettings.model_json_schema()

    for model in (Sap, Rdc, Sil):
        part = schema["$defs"][model.__name__]
        assert all(field.get("description") or "HttpSettings" in str(field) for field in part["properties"].values()), (
            model
        )


def test_the_folder_holds_what_a_partner_and_an_engineer_need():
    for name in ("README.md", "SCHEDA.md", "quality.toml", "samples/in", "samples/out", "sap.wsdl", "rdc.wsdl"):
        assert (FOLDER / name).exists(), name
