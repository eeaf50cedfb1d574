"""Partners and the organisations that records name."""

from __future__ import annotations

from patto_hub.ledger import partners
from patto_schemas.model.base import Name


def test_a_partner_is_brought_up_to_date_and_keeps_its_number(ledger):
    first = ledger.write_now(partners.register, name="fg9", plugin="old", organisation=Name("ambito", "FG/9"))
    second = ledger.write_now(partners.register, name="fg9", plugin="new", title="Ambito")

    assert first == second
    assert ledger.read_now(partners.organisation_of, second) is None


def test_an_organisation_has_one_number(ledger):
    names = [("cf", "1"), ("cf", "2")]

    first = ledger.write_now(partners.organisations, names)
    second = ledger.write_now(partners.organisations, [*names, ("cf", "3")])

    assert first.items() <= second.items()
    assert len(set(second.values())) == 3
    assert 0 not in second.values()
