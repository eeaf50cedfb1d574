"""What real files say: statements of banks read or refused, and order files valid against the official schemas."""

from __future__ import annotations

from collections import Counter

import pytest
from lxml import etree
from pydantic import ValidationError

from patto_connectors.contract import Batch
from patto_connectors.errors import Malformed
from patto_connectors.iso20022 import read_camt
from patto_connectors.iso20022.write import CBI
from patto_plugins.microcredit import movements
from patto_plugins.microcredit.fake import FakeSettings
from patto_plugins.microcredit.fake_orders import read_order
from patto_plugins.microcredit.payments import sink
from patto_plugins.microcredit.settings import BankSettings
from patto_schemas.chronicle import Rates
from patto_schemas.model import PaymentOrder
from patto_schemas.rules import check

pytestmark = pytest.mark.shared
REAL = {
    "camt052.v2.xml": "camt.message",  # a report of the day, neither statement nor notice
    "camt053.v2.wrong.xml": "camt.element",  # made without a statement, to be refused
    "camt053.v2.multi.statement.xml": "2 movements",
    "camt053.v2.with-account-name.xml": "1 movements",
    # these four open in EUR and close in SEK: it cannot be said that they add up, so their bank is told
    "camt053.v2.minimal.xml": "1 movements, 1 camt.balance",
    "camt053.v2.all-balance-types.xml": "1 movements, 1 camt.balance",
    "camt053.v4.xml": "1 movements, 1 camt.balance",
    # the parts of these entries do not add up to the entry, which is kept whole: the bank is told
    "camt053.v3.xml": "1 movements, 1 camt.balance, 1 camt.batch",
    "camt054.v2.xml": "1 movements, 1 camt.batch",
    "camt054.v4.xml": "1 movements, 1 camt.batch",
}
"""What becomes of each real file: how many movements and which troubles, or why it is refused as a whole."""


def taken(path):
    try:
        pages = list(read_camt(path.read_bytes()))
    except Malformed as wrong:
        return wrong.code, []
    records, unfit = [], 0
    for row in (row for page in pages for row in page.rows):
        try:
            records.append(movements.translate(row))
        except ValidationError:
            unfit += 1
    troubles = Counter(code for page in pages for _, code, _ in page.troubles)
    said = [f"{len(records)} movements", *(f"{unfit} unfit" for _ in range(bool(unfit)))]
    return ", ".join([*said, *(f"{number} {code}" for code, number in sorted(troubles.items()))]), records


def test_each_real_statement_is_read_or_refused(shared):
    folder = shared / "real/microcredit/camt"

    assert {path.name: taken(path)[0] for path in folder.iterdir()} == REAL


def test_movements_of_real_statements_keep_the_rules_and_name_nobody(shared):
    records = [record for path in (shared / "real/microcredit/camt").iterdir() for record in taken(path)[1]]

    assert len(records) == 9
    assert [issue for record in records for issue in check(record)] == []
    assert all(record.note is None for record in records)


@pytest.fixture(scope="module")
def world():
    """The payment orders of the invented world, as they are first told: those that are to leave."""
    chronicle = (
        FakeSettings(people=80, ambiti=("LE/1", "LE/2", "BA/1", "FG/1"), rates=Rates(late=0, mistakes=0, missing=0))
        .stage()
        .chronicle
    )
    lenders = [each.code for each in chronicle.tellers() if each.kind == "lender"]
    told = [each.record for code in lenders for each in chronicle.told(code)]
    return [each for each in told if isinstance(each, PaymentOrder) and each.status == "requested"]


@pytest.fixture
def paying(account, delivered):
    return account, delivered


@pytest.mark.parametrize(
    ("form", "schema"),
    [
        ("pain.001.001.03", "xsd/pain.001.001.03.xsd"),
        ("pain.001.001.09", "xsd/pain.001.001.09.xsd"),
        (CBI, f"cbi/{CBI}.xsd"),
    ],
)
@pytest.mark.usefixtures("clock")
async def test_each_order_file_is_valid_against_its_schema(shared, tmp_path, world, paying, form, schema):  # noqa: PLR0917 - fixtures
    account, delivered = paying
    (tmp_path / "out").mkdir()
    payers = sorted({each.debtor_iban for each in world})
    settings = BankSettings(deliveries=tmp_path / "out", accounts=tuple(account(each, form) for each in payers))
    valid = etree.XMLSchema(etree.parse(shared / "real/microcredit" / schema))

    receipt = await sink(settings).write(Batch(rows=[delivered(each, n) for n, each in enumerate(world)]))

    files = [path.read_bytes() for path in (tmp_path / "out").iterdir()]
    problems = [str(valid.error_log.last_error) for each in files if not valid.validate(etree.fromstring(each))]
    asked = {t.end_to_end_id for each in files for t in read_order(each).transfers}
    assert receipt.accepted == len(world) >= 10
    assert problems == []
    assert asked == {each.end_to_end_id for each in world}
    assert {read_order(each).form for each in files} == {form}


@pytest.mark.parametrize("form", ["pain.001.001.09", CBI])
def test_the_samples_are_valid_against_their_schemas(shared, samples, form):
    folder = shared / "real/microcredit"
    schema = folder / (f"cbi/{form}.xsd" if form == CBI else f"xsd/{form}.xsd")

    valid = etree.XMLSchema(etree.parse(schema))

    assert valid.validate(etree.parse(samples / f"out/payments_{form}.xml")), valid.error_log.last_error
