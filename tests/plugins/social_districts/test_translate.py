import json

import pytest
from pydantic import ValidationError

from patto_plugins.social_districts.fake import District, FakeSettings, service, wire_row
from patto_plugins.social_districts.translate import (
    TABLE,
    DistrictMeasure,
    DistrictPact,
    DistrictPerson,
    DistrictRequest,
)
from patto_schemas.chronicle import Rates
from patto_schemas.issues import Severity
from patto_schemas.model.dialect import said
from patto_schemas.model.wire import canonical_json, extras
from patto_schemas.rules import check

WIRES = {"persons": DistrictPerson, "pacts": DistrictPact, "measures": DistrictMeasure, "requests": DistrictRequest}
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


def test_what_a_fake_ambito_says_keeps_the_rules(right):
    town = service(right.model_copy(update={"people": 30}))
    told = town.stage.due("LE/1")
    records = [BY_KIND[each.record.kind].model_validate_json(wire_row(each.record)) for each in told]

    assert len(records) > 300
    assert {each.kind for each in records} == set(BY_KIND)
    assert [issue for record in records for issue in check(record) if issue.severity is Severity.ERROR] == []


def test_each_mistake_of_an_operator_is_found_and_mended_later():
    rates = Rates(late=0, missing=0, mistakes=0.3)
    story = service(FakeSettings(people=60, rates=rates)).stage.due("LE/1")
    wrong, found = set(), set()
    for told in story:
        if told.mistake and told.mistake != "doubled_row":
            wrong.add(told.mistake)
            if not _is_good(BY_KIND[told.record.kind], wire_row(told.record, told.mistake)):
                found.add(told.mistake)

    assert (
        found
        == wrong
        == {
            "check_letter",
            "impossible_date",
            "missing_field",
            "unknown_word",
            "swapped_dates",
            "decimal_comma",
        }
    )
    last = {(told.record.kind, told.record.key): told.mistake for told in story}
    assert set(last.values()) == {""}


def _is_good(model, row):
    try:
        return not [issue for issue in check(model.model_validate_json(row)) if issue.severity is Severity.ERROR]
    except ValidationError:
        return False


def test_a_row_that_stands_there_twice_goes_when_it_is_mended(right):
    district = District("LE/1")
    told = service(right).stage.due("LE/1")[0]
    district.show(told._replace(mistake="doubled_row"))
    twice = len(district.stores[told.record.kind].rows)
    district.show(told)

    assert (twice, len(district.stores[told.record.kind].rows)) == (2, 1)


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
