from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patto_connectors.iso20022.entry import read_entry
from patto_connectors.iso20022.nodes import UnfitError

OURS = "IT60X0542811101000000123456"
THEIRS = "NL56AGDH9619008421"


def entry(*details, amount="30.00", direction="DBIT", version=4, **more):
    status = {"Cd": "BOOK"} if version >= 8 else "BOOK"
    usual = {"Amt": {"@Ccy": "EUR", ".": amount}, "CdtDbtInd": direction, "Sts": status, "BkTxCd": {}}
    return {**usual, "NtryDtls": {"TxDtls": list(details)}, **more}


def part(amount, direction="DBIT", currency="EUR", **more):
    return {"Amt": {"@Ccy": currency, ".": amount}, "CdtDbtInd": direction, **more}


def parties(debtor, creditor, version=4):
    name = {"Pty": {"Nm": "Ada"}} if version >= 8 else {"Nm": "Ada"}
    return {
        "RltdPties": {
            "Dbtr": name,
            "DbtrAcct": {"Id": {"IBAN": debtor}},
            "Cdtr": name,
            "CdtrAcct": {"Id": {"IBAN": creditor}},
        }
    }


def test_a_batch_whose_parts_add_up_is_a_row_for_each_part():
    first, second = part("10.00", Refs={"EndToEndId": "A"}), part("20.00", Refs={"EndToEndId": "B"})

    found = read_entry(entry(first, second), 4, OURS)

    assert found.code == ""
    assert [(row["amount"], row["end_to_end_id"], row["part"], row["parts"]) for row in found.rows] == [
        ("10.00", "A", 1, 2),
        ("20.00", "B", 2, 2),
    ]


def test_a_part_that_goes_the_other_way_counts_against_the_batch():
    found = read_entry(entry(part("35.00"), part("5.00", "CRDT")), 4, OURS)

    assert [(row["amount"], row["direction"]) for row in found.rows] == [("35.00", "DBIT"), ("5.00", "CRDT")]


@pytest.mark.parametrize(
    "second",
    [
        part("20.01"),
        part("20.00", "CRDT"),
        part("20.00", currency="SEK"),
        {"Refs": {"EndToEndId": "B"}},
    ],
    ids=["a cent more", "the other way", "another currency", "no amount"],
)
def test_a_batch_whose_parts_do_not_add_up_is_one_row_and_says_so(second):
    found = read_entry(entry(part("10.00", Refs={"EndToEndId": "A"}), second), 4, OURS)

    assert found.code == "camt.batch"
    assert [(row["amount"], row["end_to_end_id"], row["parts"]) for row in found.rows] == [("30.00", None, 1)]


def test_one_row_of_a_batch_keeps_what_all_its_parts_say():
    same = {"Refs": {"EndToEndId": "A"}}

    found = read_entry(entry(same, same), 2, OURS)

    assert found.rows[0]["end_to_end_id"] == "A"


@given(st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from(["CRDT", "DBIT"])), min_size=2, max_size=20))
def test_parts_are_split_exactly_when_they_add_up(parts):
    signed = [cents if direction == "CRDT" else -cents for cents, direction in parts]
    whole = Decimal(sum(signed)) / 100
    details = [part(f"{Decimal(cents) / 100:.2f}", direction) for cents, direction in parts]

    found = read_entry(entry(*details, amount=str(abs(whole)), direction="CRDT" if whole >= 0 else "DBIT"), 4, OURS)

    total = sum(Decimal(row["amount"]) * (1 if row["direction"] == "CRDT" else -1) for row in found.rows)
    assert (len(found.rows), total) == (len(parts), whole)


def test_a_lone_part_of_another_amount_is_told_and_the_entrys_amount_is_taken():
    found = read_entry(entry(part("31.00")), 4, OURS)

    assert (found.rows[0]["amount"], found.code) == ("30.00", "camt.batch")


@pytest.mark.parametrize("detail", [part("31.00", Chrgs={"Rcrd": {}}), part("31.00", currency="USD")])
def test_charges_and_other_currencies_explain_another_amount(detail):
    assert read_entry(entry(detail), 4, OURS).code == ""


@pytest.mark.parametrize(
    ("direction", "reversal", "counterparty"),
    [("CRDT", "false", "debtor"), ("DBIT", "false", "creditor"), ("CRDT", "true", "creditor"), ("DBIT", "1", "debtor")],
)
def test_the_other_party_is_the_debtor_of_a_credit_and_the_creditor_of_a_debit(direction, reversal, counterparty):
    detail = {"RltdPties": {"Dbtr": {"Nm": "debtor"}, "Cdtr": {"Nm": "creditor"}}}

    found = read_entry(entry(detail, direction=direction, RvslInd=reversal), 4, OURS)

    assert found.rows[0]["counterparty_name"] == counterparty


def test_our_own_account_is_never_the_other_party():
    found = read_entry(entry(parties(debtor=OURS, creditor=THEIRS), direction="CRDT"), 4, OURS)

    assert found.rows[0]["counterparty_iban"] == THEIRS


def test_a_party_is_wrapped_from_version_08_on():
    found = read_entry(entry(parties(THEIRS, OURS, 8), direction="CRDT", version=8), 8, OURS)

    assert (found.rows[0]["counterparty_name"], found.status) == ("Ada", "BOOK")


@pytest.mark.parametrize("nothing", ["NOTPROVIDED", "notprovided", " NONREF "])
def test_a_reference_that_says_there_is_none_is_none(nothing):
    found = read_entry(entry({"Refs": {"EndToEndId": nothing}}, AcctSvcrRef=nothing), 4, OURS)

    assert (found.rows[0]["end_to_end_id"], found.rows[0]["bank_reference"]) == (None, None)


def test_dates_are_days_whether_the_bank_writes_times_or_not():
    found = read_entry(entry(BookgDt={"DtTm": "2026-03-02T23:30:00+01:00"}, ValDt={"Dt": "2026-03-03+01:00"}), 4, OURS)

    assert (found.rows[0]["booked_on"], found.rows[0]["value_on"]) == ("2026-03-02", "2026-03-03")


def test_texts_are_joined_and_references_kept_apart():
    lines = {"RmtInf": {"Ustrd": ["rata  1", "marzo"], "Strd": [{"CdtrRefInf": {"Ref": "RF18"}}]}}

    found = read_entry(entry(lines), 4, OURS)

    assert (found.rows[0]["remittance"], found.rows[0]["remittance_reference"]) == ("rata 1 marzo", "RF18")


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"Amt": None}, "Amt"),
        ({"Amt": {"@Ccy": "EUR", ".": "-1"}}, "Amt"),
        ({"Amt": {"@Ccy": "EUR", ".": "1,50"}}, "Amt"),
        ({"Amt": {"@Ccy": "EUR", ".": "NaN"}}, "Amt"),
        ({"Amt": "1.50"}, "Amt/@Ccy"),
        ({"Amt": {"@Ccy": "eur", ".": "1.50"}}, "Amt/@Ccy"),
        ({"CdtDbtInd": "D"}, "CdtDbtInd"),
        ({"Sts": None}, "Sts"),
        ({"Sts": {"Cd": "BOOK"}}, "Sts"),
        ({"BookgDt": {"Dt": "02/03/2026"}}, "BookgDt"),
    ],
)
def test_an_entry_that_lacks_what_it_must_have_names_the_element(wrong, where):
    with pytest.raises(UnfitError, match=f"^{where}$"):
        read_entry(entry(**wrong), 4, OURS)


def test_a_plain_status_is_not_taken_in_version_08():
    with pytest.raises(UnfitError, match="Sts/Cd"):
        read_entry(entry(Sts="BOOK"), 8, OURS)
