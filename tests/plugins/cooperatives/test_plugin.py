from __future__ import annotations

import tomllib
from importlib.metadata import entry_points

import patto_plugins.cooperatives as plugin
from patto_plugins.cooperatives.profiles import SERVICE_REGISTERS
from patto_plugins.cooperatives.settings import CooperativeSettings, registers
from patto_schemas.model import ENTITIES


def test_the_plugin_is_found_by_its_entry_point():
    found = {entry.name: entry.value for entry in entry_points(group="patto")}

    assert found["cooperatives"] == "patto_plugins.cooperatives"


def test_four_streams_are_declared(connectors):
    assert {name: (each.kinds, each.reads) for name, each in connectors.items()} == {
        "registers": (("attendance_day", "attendance_month", "enrolment"), True),
        "handed_registers": (("attendance_day", "attendance_month", "enrolment"), True),
        "services": (("attendance_day", "enrolment"), True),
        "assignments": ((), False),
    }
    assert all(set(each.kinds) <= set(ENTITIES) for each in connectors.values())
    assert all(set(each.summary) == {"it", "en"} for each in connectors.values())


def test_no_rule_shares_its_name_and_each_speaks_two_languages():
    rules = list(plugin.register_checks())

    assert len({each.rule for each in rules}) == len(rules) == 5
    assert all(set(each.summary) == {"it", "en"} for each in rules)


def test_every_setting_is_explained():
    assert [name for name, each in CooperativeSettings.model_fields.items() if not each.description] == []


def test_the_example_of_a_partner_holds(root, connectors):
    example = tomllib.loads((root / "config/partners/cooperativa.example.toml").read_text("utf-8"))

    settings = CooperativeSettings.model_validate(example["settings"])

    assert set(example["jobs"]) == set(connectors)
    assert registers(SERVICE_REGISTERS, settings).settings.folder == "/servizi"


def test_the_folder_holds_what_a_partner_and_an_engineer_need(folder):
    for name in ("README.md", "SCHEDA.md", "quality.toml", "samples/in", "samples/out"):
        assert (folder / name).exists(), name


def test_each_proof_of_the_quality_file_is_there(folder, root):
    kept = tomllib.loads((folder / "quality.toml").read_text("utf-8"))["kept"]
    named = {word.strip(":,") for line in kept.values() for word in line.split() if word.strip(":,").endswith(".py")}

    assert len(named) > 5
    for name in named:
        assert (root / (name if "/" in name else f"tests/plugins/cooperatives/{name}")).is_file(), name
