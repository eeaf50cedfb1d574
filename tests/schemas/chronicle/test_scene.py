from collections import Counter

import pytest

from patto_schemas.chronicle.scene import host, iban, scene
from patto_schemas.codes.territory import ambiti
from patto_schemas.identity.numbers import iban_problem
from patto_schemas.rules import check


@pytest.mark.parametrize("seed", [0, 7])
def test_the_scene_has_all_the_partners_of_the_programme(seed):
    counted = Counter(teller.kind for teller in scene(seed).tellers)

    assert counted == {"ambito": 45, "centre": 13, "catalogue": 1, "cooperative": 20, "lender": 2, "bank": 1}


@pytest.mark.parametrize("kind", ["centre", "cooperative", "lender", "catalogue", "bank"])
def test_every_ambito_is_served_by_one_partner_of_each_kind(kind):
    served = [ambito for teller in scene(0).tellers if teller.kind == kind for ambito in teller.ambiti]

    assert sorted(served) == sorted(each.code for each in ambiti())


@pytest.mark.parametrize("seed", range(20))
def test_no_two_partners_have_the_same_name(seed):
    tellers = scene(seed).tellers

    for of in (lambda each: each.code, lambda each: each.partner, lambda each: each.organisation):
        assert len({of(each) for each in tellers}) == len(tellers)


def test_every_organisation_keeps_the_rules_and_answers_to_its_teller_s_identifier():
    made = scene(3)

    for teller in made.tellers:
        body = made.organisations[teller.code]
        assert check(body) == []
        assert teller.organisation in body.names()


def test_hosts_and_accounts_carry_their_check_digits():
    assert check(host(1, "BA/1")) == []
    assert [iban_problem(iban(number)) for number in (0, 1001, 10**12 - 1)] == [None] * 3
