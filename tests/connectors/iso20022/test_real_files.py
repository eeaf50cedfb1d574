"""The banks' own samples, file by file: what is read of each, or why it is refused.

Eight of the ten are valid against their schemas. Most were made up to show elements, not to add up: one balances
(`multi.statement`), one has no closing booked balance to check, four have balances that contradict each other, and the
two notices have parts that are not their whole. The reader says so, and gives the rows all the same.
"""

from __future__ import annotations

import re

import pytest
from lxml import etree

from patto_connectors.errors import Malformed
from patto_connectors.iso20022 import CamtSource, read_camt
from patto_connectors.testing.camt import Account, Booking, Statement, camt
from patto_connectors.xml import bytes_body, file_body

pytestmark = pytest.mark.shared

VALID = {
    # file: (rows, statements, codes of troubles)
    "camt053.v2.all-balance-types.xml": (1, 1, ["camt.balance"]),  # 1.01 + 8.85 is not 4.04
    "camt053.v2.minimal.xml": (1, 1, ["camt.balance"]),  # opens in EUR, closes in SEK
    "camt053.v2.multi.statement.xml": (2, 2, []),
    "camt053.v2.with-account-name.xml": (1, 1, []),  # only CLAV: nothing to check
    "camt053.v3.xml": (1, 1, ["camt.batch", "camt.balance"]),  # a part of 105.75 in an entry of 8.85; EUR and SEK
    "camt053.v4.xml": (1, 1, ["camt.balance"]),  # opens in EUR, closes in SEK
    "camt054.v2.xml": (1, 1, ["camt.batch"]),  # three parts without amounts
    "camt054.v4.xml": (1, 1, ["camt.batch"]),  # an entry in SEK, its parts in CHF
}
REFUSED = {
    "camt052.v2.xml": ("camt.message", "riga 2, /Document"),
    "camt053.v2.wrong.xml": ("camt.element", "riga 3, /Document/BkToCstmrStmt: manca Stmt"),
}


@pytest.fixture
def camt_files(shared):
    return shared / "real/microcredit/camt"


@pytest.fixture
def official(shared):
    return shared / "real/microcredit/xsd"


def test_every_sample_is_in_the_table(camt_files):
    assert {path.name for path in camt_files.glob("*.xml")} == VALID.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", VALID)
def test_a_sample_gives_exactly_this(camt_files, name):
    pages = list(read_camt((camt_files / name).read_bytes()))

    rows = [row for page in pages for row in page.rows]
    codes = [code for page in pages for _, code, _ in page.troubles]
    assert (len(rows), len({row["statement_id"] for row in rows}), codes) == VALID[name]


@pytest.mark.parametrize("name", VALID)
async def test_a_sample_is_valid_against_its_official_schema(camt_files, official, name):
    source = CamtSource(body=file_body(camt_files / name), xsd=official)

    codes = [code async for page in source.read(None) for _, code, _ in page.troubles]

    assert codes == VALID[name][2]  # no xml.xsd among them


@pytest.mark.parametrize("name", REFUSED)
def test_a_sample_is_refused_with_line_and_element(camt_files, name):
    with pytest.raises(Malformed) as caught:
        list(read_camt((camt_files / name).read_bytes()))

    assert (caught.value.code, caught.value.position) == REFUSED[name]


def test_the_statements_that_balance_are_read_to_the_cent(camt_files):
    (page,) = read_camt((camt_files / "camt053.v2.multi.statement.xml").read_bytes())

    assert [(row["direction"], row["amount"], row["end_to_end_id"]) for row in page.rows] == [
        ("CRDT", "8.85", "000000001"),
        ("DBIT", "7.00", "000000002"),
    ]


def test_an_account_number_that_is_an_iban_is_one_wherever_the_bank_writes_it(camt_files):
    rows = [row for name in VALID for page in read_camt((camt_files / name).read_bytes()) for row in page.rows]

    assert {row["account_iban"] for row in rows} == {"NL26VAYB8060476890", "CH2801234000123456789"}


def test_no_two_samples_tell_of_the_same_movement_under_another_key(camt_files):
    keys = [row["key"] for name in VALID for page in read_camt((camt_files / name).read_bytes()) for row in page.rows]

    assert len(set(keys)) == len(keys)


async def test_an_element_that_the_official_schema_does_not_know_sets_its_entry_aside(official, booking, written):
    content = written(booking(), booking()).replace(b"<Sts>BOOK</Sts>", b"<Sts>BOOKED</Sts>", 1)

    pages = [page async for page in CamtSource(body=bytes_body(content), xsd=official).read(None)]

    ((place, code, _),) = [trouble for page in pages for trouble in page.troubles]
    assert code == "xml.xsd"
    assert re.match(r"riga \d+, /Document/BkToCstmrStmt\[1\]/Stmt\[1\]/Ntry\[1\]", place)
    assert sum(len(page.rows) for page in pages) == 1


@pytest.mark.parametrize(
    "message", ["camt.053.001.02", "camt.053.001.03", "camt.053.001.04", "camt.054.001.02", "camt.054.001.04"]
)
def test_the_fake_banks_messages_are_valid_against_the_official_schemas(official, message, booking, at):
    full = booking(
        bank_reference="CRO1",
        end_to_end_id="A",
        instruction_id="I",
        transaction_id="T",
        name="Ada",
        iban="NL56AGDH9619008421",
        remittance=("rata",),
        creditor_reference="RF18",
        return_reason="AC04",
        reversal=True,
    )
    batch = Booking(amount=full.amount * 2, parts=[full, full], batch_id="P-1")
    statement = Statement(
        statement_id="S-1",
        account=Account(iban="IT60X0542811101000000123456"),
        bookings=[full, batch],
        created_at=at,
        sequence=1,
    )

    content = camt(message, [statement], message_id="M-1", created_at=at)

    etree.XMLSchema(etree.parse(str(official / f"{message}.xsd"))).assertValid(etree.fromstring(content))
