from __future__ import annotations

import tomllib
from importlib.metadata import entry_points

import pytest

import patto_plugins.microcredit as plugin
from patto_plugins.microcredit.settings import BankSettings, LenderSettings
from patto_schemas.model import ENTITIES


def test_the_plugin_is_found_by_its_entry_point():
    found = {entry.name: entry.value for entry in entry_points(group="patto")}

    assert found["microcredit"] == "patto_plugins.microcredit"


def test_five_streams_are_declared(connectors):
    assert {name: (each.kinds, each.reads) for name, each in connectors.items()} == {
        "loans": (("loan",), True),
        "visits": (("visit",), True),
        "orders": (("payment_order",), True),
        "statements": (("movement",), True),
        "payments_out": ((), False),
    }
    assert all(set(each.kinds) <= set(ENTITIES) for each in connectors.values())
    assert all(set(each.summary) == {"it", "en"} for each in connectors.values())


def test_no_rule_shares_its_name_and_each_speaks_two_languages():
    rules = list(plugin.register_checks())

    assert len({each.rule for each in rules}) == len(rules) == 8
    assert all(set(each.summary) == {"it", "en"} for each in rules)


@pytest.mark.parametrize("model", [LenderSettings, BankSettings])
def test_every_setting_of_our_own_is_explained(model):
    fields = model.model_fields
    theirs = {"budget", "timeouts", "repeats", "caps", "tls"}

    assert [name for name, each in fields.items() if name not in theirs and not each.description] == []


@pytest.mark.parametrize(("name", "model"), [("microcredito", LenderSettings), ("banca", BankSettings)])
def test_the_example_of_a_partner_holds(root, name, model, connectors):
    example = tomllib.loads((root / f"config/partners/{name}.example.toml").read_text("utf-8"))
    settings = {key: "from-a-file" if key == "key" else value for key, value in example["settings"].items()}

    model.model_validate(settings)

    assert set(example["jobs"]) <= set(connectors)
    assert all(connectors[job].settings is model for job in example["jobs"])


def test_the_folder_holds_what_a_partner_and_an_engineer_need(folder):
    for name in ("README.md", "SCHEDA.md", "quality.toml", "samples/in", "samples/out"):
        assert (folder / name).exists(), name


def test_each_proof_of_the_quality_file_is_there(folder, root):
    kept = tomllib.loads((folder / "quality.toml").read_text("utf-8"))["kept"]
    named = {word.strip(":,") for line in kept.values() for word in line.split() if word.strip(":,").endswith(".py")}
    places = {"" if "/" in name else "tests/plugins/microcredit/" for name in named}

    assert places
    for name in named:
        assert (root / (name if "/" in name else f"tests/plugins/microcredit/{name}")).is_file(), name
