from __future__ import annotations


def test_plugins_are_listed_by_name_without_being_imported(shelf) -> None:
    shelf.install("zeta", "raise AssertionError('imported')")
    shelf.install("alfa", "raise AssertionError('imported')", version="2.1", requires="patto>=0.1")

    found = shelf.found

    assert [each.name for each in found] == ["alfa", "zeta"]
    assert (found[0].version, found[0].requires_hub) == ("2.1", ">=0.1")


def test_a_requirement_of_another_package_says_nothing_of_the_hub(shelf) -> None:
    shelf.install("alfa", requires="lxml>=5")

    assert shelf.found[0].requires_hub == ""
