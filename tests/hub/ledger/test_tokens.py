from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from patto_connectors.modi import Mark
from patto_connectors.ports import World
from patto_hub.ledger import audit, tokens
from patto_hub.ledger.store import open_ledger
from patto_hub.ledger.upgrade import upgrade
from patto_hub.ledger.upkeep import Retention, tidy

NOW = datetime(2026, 3, 2, tzinfo=UTC)
WORLD = World(now=lambda: NOW, chance=Random(3))
LIFE = timedelta(seconds=tokens.LIFE_S)


@pytest.fixture
def ledger(tmp_path):
    upgrade(tmp_path / "ledger.db")
    with closing(open_ledger(tmp_path / "ledger.db")) as opened:
        opened.write_now(_partners)
        yield opened


def _partners(connection):
    connection.exec_driver_sql("INSERT INTO organisation (id, scheme, value) VALUES (5, 'ambito', 'FG/1')")
    connection.exec_driver_sql(
        "INSERT INTO partner (name, plugin, organisation_id) VALUES ('cpi', 'p', 5), ('ente', 'p', NULL)"
    )


def at(later):
    return replace(WORLD, now=lambda: NOW + later).milliseconds()


def give(ledger, jti="1", partner="cpi", **more):
    mark = Mark("thumbprint", jti, NOW + timedelta(minutes=8))
    return ledger.write_now(tokens.give, WORLD, partner=partner, scopes=["pacts"], assertion=mark, **more)


def test_a_token_opens_for_its_partner_until_its_end(ledger):
    text = give(ledger, thumbprint="ab")

    found = ledger.read_now(tokens.find, text, at(LIFE - timedelta(milliseconds=1)))

    assert found == tokens.Token(
        partner="cpi", scopes=frozenset({"pacts"}), thumbprint="ab", expires_at=at(LIFE), organisation=5
    )
    assert ledger.read_now(tokens.find, text, at(LIFE)) is None
    assert ledger.read_now(tokens.find, text[:-1], at(timedelta())) is None


def test_a_token_is_kept_nowhere(ledger, tmp_path):
    text = give(ledger).removeprefix(tokens.MARK)

    assert len(bytes.fromhex(text)) == 32
    for file in tmp_path.iterdir():
        assert text.encode() not in file.read_bytes()
        assert bytes.fromhex(text) not in file.read_bytes()


def test_F83_an_assertion_gives_one_token_and_a_refused_one_leaves_no_trace(ledger):
    give(ledger)
    with pytest.raises(tokens.TakenBefore):
        give(ledger)

    entries = list(ledger.read_now(lambda connection: list(audit.entries(connection))))

    assert [(each.actor, each.action, each.subject) for each in entries] == [("partner:cpi", "token.give", "cpi")]
    assert ledger.read_now(tokens.live, "cpi", at(timedelta())) == 1


def test_the_tokens_of_a_partner_end_together(ledger):
    texts = [give(ledger, "1"), give(ledger, "2")]
    others = give(ledger, "3", partner="ente")

    assert ledger.write_now(tokens.end, "cpi") == 2
    assert [ledger.read_now(tokens.find, text, at(timedelta())) for text in texts] == [None, None]
    assert ledger.read_now(tokens.find, others, at(timedelta())) is not None


def test_the_tokens_of_a_partner_that_is_taken_out_of_the_settings_end(ledger):
    gone, stays = give(ledger, "1"), give(ledger, "2", partner="ente")

    assert ledger.write_now(tokens.keep_only, {"ente"}) == 1
    assert ledger.read_now(tokens.find, gone, at(timedelta())) is None
    assert ledger.read_now(tokens.find, stays, at(timedelta())) is not None


async def test_upkeep_removes_tokens_that_ended_and_assertions_a_day_after_they_could_be_valid(ledger):
    give(ledger)

    early = await tidy(ledger, at(timedelta(minutes=9)), Retention())
    late = await tidy(ledger, at(timedelta(minutes=11)), Retention())
    next_day = await tidy(ledger, at(timedelta(days=1, minutes=9)), Retention())

    assert [each.tokens for each in (early, late, next_day)] == [0, 1, 1]
