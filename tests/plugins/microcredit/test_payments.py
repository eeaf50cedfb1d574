"""Orders on their way to the bank: by account, once, and refused one by one."""

from __future__ import annotations

import pytest

from patto_connectors.contract import Batch
from patto_connectors.errors import Refused, Rejected, Unreachable
from patto_connectors.iso20022.write import CBI
from patto_connectors.testing.sftp import FakeSftp
from patto_plugins.microcredit.fake_orders import read_order
from patto_plugins.microcredit.payments import sink
from patto_plugins.microcredit.settings import BankSettings
from patto_schemas.chronicle.scene import iban

OURS, OTHERS = iban(1002), iban(1001)
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def bank(out, account):
    """The sink of a bank that holds two operators' accounts, each written in its own form."""
    accounts = account(), account(OTHERS, "pain.001.001.03", "Microcredito Puglia Nord")
    return sink(BankSettings(deliveries=out, accounts=accounts))


@pytest.fixture
def one(orders):
    """The sample's first order, changed as asked."""

    def of(number=1, **changed):
        own = {"order_id": f"OP-{number}", "end_to_end_id": f"E2E-{number}"}
        return orders[0].model_copy(update={**own, **changed})

    return of


def files(folder):
    return sorted((read_order(path.read_bytes()) for path in folder.iterdir()), key=lambda each: each.form)


async def test_each_account_pays_its_own_orders_in_its_own_form(bank, out, one, delivered):
    rows = [delivered(one(1), 1), delivered(one(2, debtor_iban=OTHERS), 2), delivered(one(3), 3)]

    receipt = await bank.write(Batch(rows=rows))

    assert [(each.form, [t.end_to_end_id for t in each.transfers]) for each in files(out)] == [
        ("pain.001.001.03", ["E2E-2"]),
        ("pain.001.001.09", ["E2E-1", "E2E-3"]),
    ]
    assert receipt.accepted == 3
    assert set(receipt.reference.split()) == {path.name for path in out.iterdir()}


async def test_only_requested_orders_leave(bank, out, one, delivered):
    rows = [delivered(one(n, status=status), n) for n, status in enumerate(("sent", "executed", "rejected"))]

    receipt = await bank.write(Batch(rows=rows))

    assert (receipt.accepted, list(out.iterdir())) == (0, [])


async def test_trap_16_a_batch_that_comes_again_leaves_nothing_more(bank, out, one, delivered):
    batch = Batch(rows=[delivered(one(1), 1)])
    first = await bank.write(batch)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    again = await bank.write(batch)
    more = await bank.write(Batch(rows=[delivered(one(1), 1), delivered(one(2), 2)]))

    assert again == first
    assert more.accepted == 2
    assert {name: (out / name).read_bytes() for name in before} == before
    assert [[t.end_to_end_id for t in each.transfers] for each in files(out)].count(["E2E-1"]) == 1
    assert len(files(out)) == 2


async def test_an_order_that_the_bank_has_taken_away_does_not_leave_again(bank, out, one, delivered):
    await bank.write(Batch(rows=[delivered(one(1), 1)]))
    for path in out.iterdir():
        path.unlink()

    await bank.write(Batch(rows=[delivered(one(1), 1)]))

    assert list(out.iterdir()) == []


async def test_an_order_from_an_account_that_is_not_ours_is_refused_and_the_others_leave(bank, out, one, delivered):
    rows = [delivered(one(1, debtor_iban=iban(9)), 1), delivered(one(2), 2), delivered(one(3, amount=0), 3)]

    with pytest.raises(Rejected) as caught:
        await bank.write(Batch(rows=rows))

    assert [(each.index, each.code) for each in caught.value.items] == [(0, "payment.debtor"), (2, "payment.amount")]
    assert [t.end_to_end_id for each in files(out) for t in each.transfers] == ["E2E-2"]


async def test_an_order_that_changes_after_it_has_left_is_refused(bank, out, one, delivered):
    await bank.write(Batch(rows=[delivered(one(1), 1)]))

    with pytest.raises(Rejected) as caught:
        await bank.write(Batch(rows=[delivered(one(2, debtor_iban=OTHERS), 2), delivered(one(1, amount=1), 1)]))

    assert [(each.index, each.code) for each in caught.value.items] == [(1, "payment.sent")]
    assert len(files(out)) == 2


async def test_an_order_that_is_withdrawn_after_it_has_left_is_refused_once(bank, one, delivered):
    await bank.write(Batch(rows=[delivered(one(1), 1)]))

    with pytest.raises(Rejected) as caught:
        await bank.write(Batch(rows=[delivered(one(1), 1, change="withdraw"), delivered(one(7), 7, change="delete")]))

    assert [(each.index, each.code) for each in caught.value.items] == [(0, "payment.sent")]


async def test_no_message_names_the_payee(bank, one, delivered):
    with pytest.raises(Rejected) as caught:
        await bank.write(Batch(rows=[delivered(one(1, creditor_name="Ærø 漢字"), 1)]))

    told = f"{caught.value.detail} {[item.detail for item in caught.value.items]}"
    assert "漢字" not in told
    assert caught.value.items[0].code == "payment.text"


async def test_without_its_memory_the_hub_sends_nothing(bank, out, tmp_path, one, delivered):
    (tmp_path / "outbox").rmdir()

    with pytest.raises(Unreachable) as caught:
        await bank.write(Batch(rows=[delivered(one(1), 1)]))

    assert (caught.value.code, list(out.iterdir())) == ("payment.outbox", [])


async def test_orders_go_over_sftp_and_a_broken_upload_is_made_good_by_the_next_run(tmp_path, account, one, delivered):
    root = tmp_path / "server"
    (root / "in").mkdir(parents=True)
    (root / "out").mkdir()
    server = FakeSftp(root)
    async with server.running():
        settings = BankSettings(
            way="sftp", sftp=server.settings(folder="/in", deliveries="/out"), accounts=(account(form=CBI),)
        )
        server.faults.order("cut_upload", path="*", option="64")
        with pytest.raises(Unreachable):
            await sink(settings).write(Batch(rows=[delivered(one(1), 1)]))
        assert [path for path in (root / "out").iterdir() if path.suffix == ".xml"] == []

        receipt = await sink(settings).write(Batch(rows=[delivered(one(1), 1)]))

    (written,) = [path for path in (root / "out").iterdir() if path.suffix == ".xml"]
    assert read_order(written.read_bytes()).form == CBI
    assert (receipt.accepted, receipt.reference) == (1, written.name)


@pytest.mark.parametrize("lacking", ["accounts", "deliveries"])
def test_a_bank_without_what_paying_needs_is_told_so(tmp_path, account, lacking):
    settings = {"folder": tmp_path, "deliveries": tmp_path, "accounts": (account(),)}

    with pytest.raises(Refused, match=lacking) as caught:
        sink(BankSettings(**{name: value for name, value in settings.items() if name != lacking}))

    assert caught.value.code == "settings.missing"
