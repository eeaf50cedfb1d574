from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest

from patto_connectors.errors import Malformed
from patto_connectors.iso20022 import read_camt
from patto_connectors.testing.camt import Account, Statement, camt


@pytest.fixture
def two(booking, at):
    """A message of two statements, of which the first can be broken."""

    def of(old: str, new: str = "", message="camt.053.001.04") -> bytes:
        account = Account(iban="IT60X0542811101000000123456")
        both = [
            Statement(statement_id=name, account=account, bookings=[booking(), booking()], created_at=at)
            for name in ("S-1", "S-2")
        ]
        content = camt(message, both, message_id="M-1", created_at=at).decode()
        assert re.search(old, content, re.DOTALL)
        return re.sub(old, new, content, count=1, flags=re.DOTALL).encode()

    return of


def test_a_row_says_what_the_bank_said(written, booking, read):
    rows, troubles = read(
        written(
            booking(
                bank_reference="CRO0000123456789",
                end_to_end_id="PATTO-7",
                instruction_id="I-7",
                name="Ada Rossi",
                iban="NL56AGDH9619008421",
                remittance=("rata 1", "marzo"),
                creditor_reference="RF18",
                return_reason="AC04",
            ),
            sequence=12,
        )
    )

    ((row,), key) = rows, rows[0].pop("key")
    assert troubles == []
    assert len(key) == 32
    assert {name: value for name, value in row.items() if value is not None} == {
        "message": "camt.053.001.02",
        "message_id": "M-1",
        "message_created_at": "2026-03-03T06:00:00+00:00",
        "statement_id": "S-1",
        "statement_created_at": "2026-03-03T06:00:00+00:00",
        "sequence": "12",
        "account_iban": "IT60X0542811101000000123456",
        "account_currency": "EUR",
        "bank_reference": "CRO0000123456789",
        "amount": "12.50",
        "currency": "EUR",
        "direction": "CRDT",
        "status": "BOOK",
        "reversal": False,
        "booked_on": "2026-03-02",
        "value_on": "2026-03-02",
        "part": 1,
        "parts": 1,
        "end_to_end_id": "PATTO-7",
        "instruction_id": "I-7",
        "transaction_code": "PMNT/RCDT/ESCT",
        "return_reason": "AC04",
        "remittance": "rata 1 marzo",
        "remittance_reference": "RF18",
        "counterparty_name": "Ada Rossi",
        "counterparty_iban": "NL56AGDH9619008421",
    }


def test_positions_name_the_line_and_the_element(written, booking):
    parts = [booking(), booking()]
    (page,) = read_camt(written(booking(), booking(amount=Decimal(25), parts=parts)))

    places = [place.partition(", ")[2] for place in page.positions]
    assert places == [
        "/Document/BkToCstmrStmt[1]/Stmt[1]/Ntry[1]",
        "/Document/BkToCstmrStmt[1]/Stmt[1]/Ntry[2], parte 1",
        "/Document/BkToCstmrStmt[1]/Stmt[1]/Ntry[2], parte 2",
    ]
    assert all(re.match(r"riga \d+, ", place) for place in page.positions)


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("<Acct>.*?</Acct>", "", ["camt.statement"]),
        ("<IBAN>[^<]*</IBAN>", "<Othr/>", ["camt.element", "camt.statement"]),
        ("<Id>S-1</Id>", "", ["camt.element", "camt.statement"]),
    ],
    ids=["no account", "no number", "no reference"],
)
def test_a_statement_of_nobody_is_set_aside_and_the_next_goes_on(two, read, old, new, codes):
    rows, troubles = read(two(old, new))

    assert [row["statement_id"] for row in rows] == ["S-2", "S-2"]
    assert [code for code, _ in troubles] == codes
    assert all("Stmt[1]" in place for _, place in troubles)


def test_F35_one_broken_entry_is_set_aside_and_its_neighbours_are_read(two, read):
    content = two(r'<Amt Ccy="EUR">12.50</Amt>(?=\s*<CdtDbtInd>CRDT</CdtDbtInd>\s*<Sts>)', '<Amt Ccy="EUR">molto</Amt>')

    rows, ((code, place),) = read(content)

    assert [row["statement_id"] for row in rows] == ["S-1", "S-2", "S-2"]
    assert code == "camt.entry"
    assert re.fullmatch(r"riga \d+, /Document/BkToCstmrStmt\[1\]/Stmt\[1\]/Ntry\[1\]: Amt", place)


def test_what_is_set_aside_keeps_what_the_bank_wrote(two):
    (page,) = read_camt(two(r"<Sts>BOOK</Sts>", "<Sts/>"))

    ((_, _, content),) = page.troubles
    assert json.loads(content)["Amt"] == {"@Ccy": "EUR", ".": "12.50"}


def test_a_balance_that_cannot_be_read_is_told_and_the_sums_are_not_judged(two, read):
    rows, troubles = read(two('<Amt Ccy="EUR">0.00</Amt>', '<Amt Ccy="EUR">zero</Amt>'))

    assert len(rows) == 4
    assert [code for code, _ in troubles] == ["camt.element"]


@pytest.mark.parametrize(
    ("old", "new", "lacks"),
    [
        ("<GrpHdr>.*</GrpHdr>", "", "<BkToCstmrStmt> at line 3 lacks <GrpHdr>"),
        ("<MsgId>M-1</MsgId>", "", "<GrpHdr\\[1\\]> at line 4 lacks <MsgId>"),
        ("<Stmt>.*</Stmt>", "", "<BkToCstmrStmt> at line 3 lacks <Stmt>"),
        ("<Stmt>.*</Stmt>", "<Ntfctn/>", "<BkToCstmrStmt> at line 3 lacks <Stmt>"),
    ],
)
def test_a_document_that_is_not_what_it_says_is_refused_with_line_and_element(two, old, new, lacks):
    with pytest.raises(Malformed, match=lacks) as caught:
        list(read_camt(two(old, new)))

    assert caught.value.code == "camt.element"
    assert caught.value.position.startswith("riga ")


def test_F23_a_document_that_breaks_off_keeps_the_pages_before(written, booking):
    content = written(*[booking() for _ in range(400)])
    pages = read_camt(content[:-200], page_rows=100)

    first = next(pages)

    assert len(first.rows) > 0
    with pytest.raises(Malformed):
        list(pages)
