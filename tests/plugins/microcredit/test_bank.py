"""A bank's files, from a folder and over SFTP: each version, each mistake, each fault of the server."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import ValidationError

from patto_connectors.errors import Refused, Trouble
from patto_connectors.sftp import SftpCaps, SftpTimeouts
from patto_connectors.testing.camt import Account, Booking, Statement, camt
from patto_connectors.testing.faults import SFTP
from patto_connectors.testing.sftp import FakeSftp
from patto_plugins.microcredit import movements
from patto_plugins.microcredit.settings import BankSettings, statements
from patto_schemas.chronicle.scene import iban

AT = datetime(2026, 3, 3, 22, 0, tzinfo=UTC)
LOADING = {"no_rename", "disk_full", "cut_upload", "stall_upload"}
"""Faults of what is written, see `test_payments.py`."""


def file(number, message="camt.053.001.08", closing=None, message_id=None):
    bookings = [
        Booking(
            amount=Decimal(f"{number}00.00"),
            booked_on=date(2026, 3, 2),
            value_on=date(2026, 3, 2),
            bank_reference=f"BM2026030200000{number}",
            end_to_end_id=f"E2E-{number}",
            name="Maria Rossi",
        )
    ]
    statement = Statement(
        statement_id=f"S-{number}", account=Account(iban=iban(1002)), bookings=bookings, created_at=AT, closing=closing
    )
    return camt(message, [statement], message_id=message_id or f"M-{number}", created_at=AT)


@pytest.fixture
def drop(tmp_path):
    folder = tmp_path / "server" / "in"
    folder.mkdir(parents=True)

    def dropped(**files):
        for name, content in files.items():
            (folder / f"{name}.xml").write_bytes(content)
        return folder

    return dropped


async def read(source, after=None):
    batches = [batch async for batch in source.read(after)]
    records = [movements.translate(row) for batch in batches for row in batch.rows]
    return records, Counter(code for batch in batches for _, code, _ in batch.troubles), batches[-1:]


async def test_files_of_any_version_come_through_one_folder(drop):
    versions = [f"camt.{name}.001.{number}" for name in ("053", "054") for number in ("02", "03", "04", "08")]
    folder = drop(**{f"f{number}": file(number, message) for number, message in enumerate(versions, 1)})

    records, troubles, _ = await read(statements(BankSettings(folder=folder, settle_seconds=0)))

    assert sorted(each.end_to_end_id for each in records) == [f"E2E-{number}" for number in range(1, 9)]
    assert troubles == {}


async def test_what_was_read_is_not_read_again(drop):
    folder = drop(a=file(1))
    source = statements(BankSettings(folder=folder, settle_seconds=0))
    _, _, (last,) = await read(source)
    drop(b=file(2))

    records, _, _ = await read(source, last.cursor)

    assert [each.end_to_end_id for each in records] == ["E2E-2"]


async def test_trap_16_a_file_that_comes_again_under_another_name_gives_no_second_record(drop):
    folder = drop(a=file(1), b=file(1), c=file(1, "camt.054.001.04", message_id="N-1"))

    records, troubles, _ = await read(statements(BankSettings(folder=folder, settle_seconds=0)))

    assert len({each.key for each in records}) == 1
    assert troubles == {}


async def test_balances_that_do_not_add_up_are_trouble_of_their_file_alone(drop):
    folder = drop(a=file(1), b=file(2, closing=Decimal("200.01")), c=file(3))

    records, troubles, _ = await read(statements(BankSettings(folder=folder, settle_seconds=0)))

    assert len(records) == 3
    assert troubles == {"camt.balance": 1}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("namespace", file(2).replace(b"camt.053.001.08", b"camt.053.001.78"), "camt.message"),
        ("other", file(2).replace(b"camt.053.001.08", b"pain.001.001.03"), "camt.message"),
        ("broken", file(2)[:900], "xml.syntax"),
        ("doctype", file(2).replace(b"?>\n", b'?>\n<!DOCTYPE D [<!ENTITY a "b">]>\n', 1), "xml.doctype"),
        ("empty", b"", "xml.syntax"),
        ("page", b"<html><body>Manutenzione</body></html>", "camt.message"),
    ],
    ids=["namespace", "other", "broken", "doctype", "empty", "page"],
)
async def test_a_file_that_is_no_statement_is_set_aside_and_its_neighbours_are_read(drop, name, content, code):
    folder = drop(a=file(1), z=file(3), **{name: content})

    records, troubles, _ = await read(statements(BankSettings(folder=folder, settle_seconds=0)))

    assert {each.end_to_end_id for each in records} == {"E2E-1", "E2E-3"}
    assert troubles == {code: 1}


@pytest.mark.shared
async def test_with_the_official_schemas_what_breaks_them_is_set_aside(drop, shared):
    folder = drop(a=file(1, "camt.053.001.02"), b=file(2, "camt.053.001.02").replace(b"<CreDtTm>", b"<CreDtTm>boh", 1))
    xsd = shared / "real/microcredit/xsd"

    records, troubles, _ = await read(
        statements(BankSettings.model_validate({"folder": folder, "settle_seconds": 0, "camt": {"xsd": xsd}}))
    )

    assert [each.end_to_end_id for each in records] == ["E2E-1"]
    assert troubles


@pytest.fixture
def server(tmp_path, drop):
    drop(a=file(1))
    return FakeSftp(tmp_path / "server")


def over_sftp(server, **settings):
    patient = {"timeouts": SftpTimeouts(connect=1, operation=1, file=1, rate_window=0.5), "caps": SftpCaps(names=50)}
    return BankSettings(way="sftp", settle_seconds=0, sftp=server.settings(folder="/in", **patient, **settings))


async def test_statements_come_over_sftp(server):
    async with server.running():
        records, troubles, _ = await read(statements(over_sftp(server)))

    assert ([each.end_to_end_id for each in records], troubles) == (["E2E-1"], {})


@pytest.mark.parametrize("fault", sorted(set(SFTP) - LOADING))
async def test_each_fault_of_a_server_ends_in_one_of_the_four_errors_or_leaves_the_file(server, drop, fault):
    async with server.running():
        told = ""
        server.faults.order(fault, times=None, option={"slow": "0.1", "cut": "64"}.get(fault, ""))
        try:
            records, troubles, _ = await read(statements(over_sftp(server)))
        except Trouble as trouble:
            records, troubles, told = [], {}, f"{trouble.detail} {trouble.hint}"
        server.faults.clear()
        drop(a=file(1))  # two of the faults take the file away, or add to it
        after, _, _ = await read(statements(over_sftp(server)))

    assert records == [] or troubles or fault in {"hostile_names", "grows"}
    assert "Rossi" not in told
    assert [each.end_to_end_id for each in after] == ["E2E-1"]


async def test_what_became_of_a_file_is_written_where_the_bank_does_not_look_for_statements(drop, tmp_path):
    folder = drop(a=file(1))
    (tmp_path / "esiti").mkdir()
    source = statements(BankSettings(folder=folder, outcomes=tmp_path / "esiti", settle_seconds=0))

    records, _, _ = await read(source)

    assert records
    assert source.outcomes == tmp_path / "esiti"


async def test_a_file_that_still_grows_is_left_for_the_next_look(drop):
    folder = drop(a=file(1))
    source = statements(BankSettings(folder=folder, ready="done"))

    early, _, _ = await read(source)
    (folder / "a.xml.done").touch()
    later, _, _ = await read(source)

    assert (early, len(later)) == ([], 1)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"way": "sftp"}, "must hold `sftp`"),
        ({}, "must hold `folder`"),
        ({"folder": "/srv/x", "way": "ftp"}, "'folder' or 'sftp'"),
    ],
)
def test_settings_that_lead_nowhere_are_refused(settings, told):
    with pytest.raises(ValidationError, match=told):
        BankSettings.model_validate(settings)


def test_each_account_stands_once(account, tmp_path):
    with pytest.raises(ValidationError, match="each account once"):
        BankSettings(deliveries=tmp_path, accounts=(account(), account()))


def test_a_bank_that_only_pays_has_no_statements(tmp_path):
    with pytest.raises(Refused, match="folder") as caught:
        statements(BankSettings(deliveries=tmp_path))

    assert caught.value.code == "settings.missing"


async def test_passwords_are_never_shown(server):
    async with server.running():
        shown = repr(over_sftp(server))

    assert server.password not in shown
