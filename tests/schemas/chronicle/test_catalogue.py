from datetime import date

import pytest

from patto_schemas.chronicle.catalogue import editions, offerings

START = date(2024, 1, 8)


@pytest.mark.parametrize("seed", range(5))
def test_eight_providers_give_three_courses_each(seed):
    offered = {each.offering.key: each.offering.provider.provider_id for each in editions(seed, START, 730)}

    assert len(offered) == 24
    assert len(set(offered.values())) == 8


def test_editions_are_told_before_one_can_ask_for_them():
    told = {}
    for line in offerings(0, START, 730):
        for version in line.versions:
            for each in version.record.presentations:
                told.setdefault(each.edition_id, version.when.date())

    for edition in editions(0, START, 730):
        if edition.announced.toordinal() < START.toordinal() + 730:
            assert told[edition.edition_id] <= max(edition.announced, START)


def test_an_edition_ends_closed_or_called_off():
    last = {
        each.edition_id: each.status
        for line in offerings(0, START, 730)
        for each in line.versions[-1].record.presentations
    }
    off = {each.edition_id for each in editions(0, START, 730) if each.called_off}

    assert off
    assert {name for name, status in last.items() if status == "cancelled"} == off
    assert set(last.values()) == {"closed", "cancelled"}


def test_lessons_fall_on_the_edition_s_days():
    for edition in editions(2, START, 730):
        assert edition.start.weekday() == 0
        assert edition.end.weekday() == 4
        assert edition.called_off is None or edition.apply_until < edition.called_off < edition.start
