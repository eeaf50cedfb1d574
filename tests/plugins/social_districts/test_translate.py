import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from patto_plugins.social_districts.fake import District, FakeSettings
from patto_plugins.social_districts.translate import TABLE, DistrictMeasure, DistrictPact, DistrictPerson
from patto_schemas.model.dialect import said
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

WIRES = {"persons": DistrictPerson, "pacts": DistrictPact, "measures": DistrictMeasure}
BY_KIND = {wire.kind: wire for wire in WIRES.values()}


def _sample(folder, name):
    return json.loads((folder / f"samples/in/{name}.json").read_text("utf-8"))["elementi"]


@pytest.mark.parametrize("name", WIRES)
def test_samples_in_give_samples_out(folder, name):
    records = [WIRES[name].model_validate_json(json.dumps(row)) for row in _sample(folder, name)]

    assert [canonical_json(record).decode() for record in records] == (folder / f"samples/out/{name}.ndjson").read_text(
        "utf-8"
    ).splitlines()
    assert [extras(record) for record in records] == [{}] * len(records)
    assert [check(record) for record in records] == [[]] * len(records)


def test_samples_show_every_name_of_the_dialect(folder):
    shown = " ".join((folder / f"samples/in/{name}.json").read_text("utf-8") for name in WIRES)
    names = {rule if isinstance(rule, str) else rule["name"] for entry in TABLE.values() for rule in entry.values()}

    assert [name for name in sorted(names) if f'"{name}"' not in shown] == []


@pytest.mark.parametrize("name", WIRES)
def test_what_is_said_is_read_back_the_same(folder, name):
    for row in _sample(folder, name):
        record = WIRES[name].model_validate_json(json.dumps(row))

        again = WIRES[name].model_validate_json(json.dumps(said(record, TABLE)))

        assert canonical_json(again) == canonical_json(record)


def test_life_in_a_fake_ambito_keeps_the_rules(clock):
    district = District("LE/1", FakeSettings(people=30, mistakes=0, late=0.2, seed=5))
    for minute in range(200):
        district.live(clock.start + timedelta(minutes=minute))

    rows = [(kind, row) for kind, store in district.stores.items() for _, _, row in store.rows]
    records = [BY_KIND[kind].model_validate_json(row) for kind, row in rows]

    assert len(records) > 90
    assert [issue for record in records for issue in check(record)] == []


def test_mistakes_are_refused_and_mended_later(clock):
    district = District("LE/1", FakeSettings(people=10, mistakes=0.5, late=0, seed=5))
    refused = 0
    for minute in range(200):
        before = {record.key for record in district.to_mend}
        district.live(clock.start + timedelta(minutes=minute))
        for record in district.to_mend:
            if record.key not in before:
                with pytest.raises(ValidationError):
                    BY_KIND[record.kind].model_validate_json(district.stores[record.kind].row(record.key))
                refused += 1

    assert refused > 20
    assert len(district.to_mend) < refused / 2


@pytest.mark.parametrize(
    ("name", "change", "where"),
    [
        ("pacts", {"stato": "boh"}, "stato"),
        ("pacts", {"dataFirma": "20/02/2025"}, "dataFirma"),
        ("pacts", {"ambito": None}, "ambito"),
        ("measures", {"tipo": 3}, "tipo"),
        ("persons", {"identificativi": []}, "identificativi"),
    ],
)
def test_wrong_rows_are_told_by_the_partners_own_names(folder, name, change, where):
    with pytest.raises(ValidationError) as caught:
        WIRES[name].model_validate_json(json.dumps({**_sample(folder, name)[0], **change}))

    assert caught.value.errors()[0]["loc"][0] == where
