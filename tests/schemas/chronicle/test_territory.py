from patto_schemas.chronicle.territory import numbers, territories
from patto_schemas.codes import table
from patto_schemas.codes.territory import ambiti


def test_every_municipality_belongs_to_one_ambito_of_its_province():
    dealt = [(code, ambito) for ambito, codes in territories().items() for code in codes]

    assert sorted(code for code, _ in dealt) == sorted(table("municipalities"))
    for code, ambito in dealt:
        assert table("municipalities").find(code).more["province"] == ambito.split("/")[0]


def test_known_memberships_are_kept():
    for ambito in ambiti():
        assert {each.municipality for each in ambito.members} <= set(territories()[ambito.code])
        assert territories()[ambito.code][0] == ambito.lead_municipality


def test_twelve_people_reach_every_municipality_of_an_ambito():
    assert max(map(len, territories().values())) <= 12


def test_ambiti_are_numbered_for_keys_that_never_meet():
    assert sorted(numbers().values()) == list(range(1, 46))
