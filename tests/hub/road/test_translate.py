"""Rows to records: what fails says where, and never repeats what was sent."""

from __future__ import annotations

import gc
import json

import pytest

from patto_hub.road.translate import NotARecord, Translation, translate_rows
from patto_schemas.issues import Issue, Severity
from patto_schemas.model import Measure, Pact
from patto_schemas.model.base import Name
from patto_schemas.model.dialect import dialect
from patto_schemas.model.wire import wire

CODES = {"attivo": "active"}


def no_rules(_record):
    return ()


def said(rows, translate=Pact, **more):
    how = Translation(
        **{"translate": translate, "rules": no_rules, "scope": None, "key": b"k" * 32, "partner": "fg1", **more}
    )
    found, drift = translate_rows(how, list(enumerate(rows)))
    return [found[index] for index in range(len(rows))], drift


def issues(failure):
    return [(each["code"], each["where"]) for each in json.loads(failure.issues)]


def test_a_missing_field_is_named(make_pact):
    [(_, [failure])], drift = said([make_pact(1)], lambda row: Pact(**row, note=row["annotazioni"]))

    assert issues(failure) == [("field.missing", "/annotazioni")]
    assert drift == {("/annotazioni", "missing"): 1}


def test_a_value_that_no_table_has_is_not_repeated(make_pact):
    row = make_pact(1, status="RSSMRA85T10A562S")

    [(_, [failure])], _ = said([row], lambda row: Pact(**{**row, "status": CODES[row["status"]]}))

    assert issues(failure) == [("row.wrong", "")]
    assert "RSSMRA" not in failure.issues


def test_a_value_error_is_the_rows_fault(make_pact):
    def translate(_row):
        raise ValueError("Mario Rossi")

    [(_, [failure])], _ = said([make_pact(1)], translate)

    assert "Mario" not in failure.issues


@pytest.mark.parametrize("row", [{"status": "boh"}, {"ambito": None}, {"status": None}])
def test_a_function_may_say_which_record_a_row_would_be_that_it_could_not_read(make_pact, row):
    rows = [{name: value for name, value in make_pact(1, **row).items() if value is not None}, make_pact(2)]

    def translate(row):
        if row["ambito"] is None or row["status"] == "boh":
            raise ValueError("no")
        return Pact(**row)

    (_, [failure]), (entries, none) = said(rows, translate, key_of=lambda row: ("pact", row["pact_id"]))[0]

    assert (failure.kind, failure.key) == ("pact", "P-1")
    assert (len(entries), none) == (1, ())


@pytest.mark.parametrize(
    "unable", [lambda _: None, lambda row: ("pact", row["chiave"]), lambda _: ("pact", str(int("x")))]
)
def test_a_row_that_does_not_say_even_that_stays_without_a_key(make_pact, unable):
    [(_, [failure])], _ = said([make_pact(1, status="boh")], lambda row: Pact(**row), key_of=unable)

    assert (failure.kind, failure.key) == (None, None)


def test_one_row_may_give_several_records(make_pact):
    def both(row):
        yield Pact(**row)
        yield Measure(measure_id="M-1", pact_id=row["pact_id"], type="training", activity_code="C06")

    [(entries, failures)], _ = said([make_pact(1)], both)

    assert [entry.kind for entry in entries] == ["pact", "measure"]
    assert failures == ()


def test_a_row_that_gives_nothing_is_set_aside(make_pact):
    [(entries, [failure])], _ = said([make_pact(1)], lambda _row: [])

    assert entries == ()
    assert failure.code == "row.empty"


def test_a_kind_that_the_connector_does_not_name_is_a_bug(make_pact):
    with pytest.raises(NotARecord):
        said([make_pact(1)], Pact, kinds=("measure",))


def test_a_partners_own_names_get_their_meaning(make_pact):
    [(entries, _)], _ = said([make_pact(1)])

    assert entries[0].names == (("local:fg1", "P-1"),)


def test_warnings_travel_with_the_record(make_pact):
    def warns(_record):
        return (Issue("R7", "/policy_id", Severity.WARNING),)

    [(entries, failures)], _ = said([make_pact(1)], rules=warns)

    assert json.loads(entries[0].warnings)[0]["code"] == "R7"
    assert failures == ()


def test_errors_set_the_record_aside_with_its_key(make_pact):
    def errs(_record):
        return (Issue("R2", "/ended_on"), Issue("R7", "/policy_id", Severity.WARNING))

    [(entries, [failure])], _ = said([make_pact(1)], rules=errs)

    assert entries == ()
    assert (failure.code, failure.kind, failure.key) == ("R2", "pact", "P-1")


def test_another_scheme_than_the_scopes_is_no_matter(make_pact):
    [(entries, _)], _ = said([make_pact(1)], scope=frozenset({Name("piva", "00743110157")}))

    assert len(entries) == 1


def test_the_collector_is_held_off_and_put_back(make_pact):
    seen = []

    def looks(_record):
        seen.append(gc.isenabled())
        return ()

    said([make_pact(1)], rules=looks)

    assert seen == [False]
    assert gc.isenabled()


def test_equal_content_has_equal_digests_whatever_its_order(make_pact):
    row = make_pact(1)
    [(one, _), (other, _)], _ = said([row, dict(reversed(row.items()))])

    assert one[0].digest == other[0].digest
    assert one[0].short == other[0].short


def test_an_extra_is_part_of_the_content(make_pact):
    class Open(Pact):
        model_config = wire(Pact)

    [(one, _), (other, _)], drift = said([make_pact(1), make_pact(1, colore="blu")], Open)

    assert one[0].payload == other[0].payload
    assert one[0].digest != other[0].digest
    assert drift == {("/colore", "added"): 1}


def test_a_partners_keys_are_not_noted_as_names_of_fields(make_pact):
    partners = dialect(Pact, {"Pact": {}})

    _, drift = said([make_pact(1) | {"RSSMRA80A01H501U": {"nota": "x"}, "colore2": "blu"}], partners)

    assert drift == {("/*", "added"): 1, ("/colore2", "added"): 1}
