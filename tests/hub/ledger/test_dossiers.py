from __future__ import annotations

import pytest
from sqlalchemy import insert

from patto_hub.ledger import dossiers, tables, upgrade
from patto_hub.ledger.store import open_ledger

PACT, PERSON, ENROLMENT, OTHER = 1, 2, 3, 4


@pytest.fixture
def ledger(tmp_path):
    path = tmp_path / "ledger.db"
    upgrade.upgrade(path)
    ledger = open_ledger(path)
    yield ledger
    ledger.close()


def tell(connection, head: int, order: int | None, known_at: int, payload: str, *, tombstone: int = 0) -> int:
    return connection.execute(
        insert(tables.version).values(
            head_id=head,
            version=known_at,
            digest=payload.encode(),
            ord=order,
            valid_from=known_at,
            known_at=known_at,
            run_id=7,
            position="$[0]",
            payload=payload,
            tombstone=tombstone,
        )
    ).inserted_primary_key[0]


def put(connection, head: int, name: tuple[int, str, str], *, pact: int | None, version: int) -> None:
    partner, kind, key = name
    values = {"id": head, "partner_id": partner, "kind": kind, "key": key, "pact_id": pact, "version_id": version}
    connection.execute(insert(tables.head).values(**values, version=1, digest=0, run_id=7))


@pytest.fixture
def told(ledger):
    """A pact of one partner, its person and an enrolment of another partner; the pact's second version is late."""

    def write(connection) -> None:
        for number, name in ((1, "lecce"), (2, "catalogo")):
            connection.execute(insert(tables.partner).values(id=number, name=name, plugin="x"))
        tell(connection, PACT, 10, 100, '{"v": 1}')
        newest = tell(connection, PACT, 30, 300, '{"v": 3}')
        tell(connection, PACT, 20, 400, '{"v": 2}')
        put(connection, PACT, (1, "pact", "P-1"), pact=PACT, version=newest)
        put(
            connection, PERSON, (1, "person", "X-1"), pact=None, version=tell(connection, PERSON, None, 150, '{"p": 1}')
        )
        put(
            connection,
            ENROLMENT,
            (2, "enrolment", "E-1"),
            pact=PACT,
            version=tell(connection, ENROLMENT, 1, 200, '{"e": 1}'),
        )
        put(connection, OTHER, (1, "pact", "P-2"), pact=OTHER, version=tell(connection, OTHER, 1, 100, "{}"))
        connection.execute(insert(tables.member).values(scheme="local:lecce", value="X-1", pact_id=PACT, head_id=PACT))
        connection.execute(
            insert(tables.identifier).values(scheme="cup", value="B31D21000010006", kind="pact", head_id=PACT)
        )

    ledger.write_now(write)
    return ledger


def said(ledger, as_of=None) -> dict[str, str]:
    found = ledger.read_now(dossiers.pacts, "P-1")
    return {each.key: each.payload for each in ledger.read_now(dossiers.statements, found, as_of)}


def test_a_dossier_is_what_all_partners_say_now(told) -> None:
    assert said(told) == {"P-1": '{"v": 3}', "X-1": '{"p": 1}', "E-1": '{"e": 1}'}


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (99, {}),
        (100, {"P-1": '{"v": 1}'}),
        (299, {"P-1": '{"v": 1}', "X-1": '{"p": 1}', "E-1": '{"e": 1}'}),
        (300, {"P-1": '{"v": 3}', "X-1": '{"p": 1}', "E-1": '{"e": 1}'}),
        (999, {"P-1": '{"v": 3}', "X-1": '{"p": 1}', "E-1": '{"e": 1}'}),
    ],
)
def test_what_was_known_on_a_day_can_be_asked_for(told, as_of, expected) -> None:
    assert said(told, as_of) == expected


def test_a_pact_is_found_by_its_other_names(told) -> None:
    (pact,) = told.read_now(dossiers.pacts, "B31D21000010006")

    assert (pact.key, pact.partner) == ("P-1", "lecce")


def test_an_unknown_name_finds_nothing(told) -> None:
    assert told.read_now(dossiers.pacts, "P-9") == []


def test_the_pact_comes_first_and_each_statement_names_its_source(told) -> None:
    found = told.read_now(dossiers.statements, told.read_now(dossiers.pacts, "P-1"))

    assert [(each.kind, each.partner, each.run_id) for each in found] == [
        ("pact", "lecce", 7),
        ("enrolment", "catalogo", 7),
        ("person", "lecce", 7),
    ]


def test_of_equal_orders_the_later_arrival_holds(told) -> None:
    told.write_now(lambda connection: tell(connection, PERSON, None, 500, '{"p": 2}'))

    assert said(told, 499)["X-1"] == '{"p": 1}'
    assert said(told, 500)["X-1"] == '{"p": 2}'
