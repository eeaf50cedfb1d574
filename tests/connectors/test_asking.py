from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from patto_connectors.asking import SILENCE_S, Answered, AskingSource, Pace
from patto_connectors.contract import Subject
from patto_connectors.errors import Malformed, Refused, Unreachable
from patto_connectors.ports import WORLD
from patto_connectors.testing.clock import StillClock
from patto_schemas.model.base import Name


class People:
    """Subjects from a list, with what was asked for."""

    def __init__(self, count):
        self.listed = [
            Subject(person=Name("cf", f"CF{number}"), pact=Name("local:le", f"PA-{number}"), position=str(number))
            for number in range(1, count + 1)
        ]

    async def after(self, position, most):
        return [each for each in self.listed if int(each.position) > int(position or 0)][:most]

    async def find(self, scheme, value):
        return next((each for each in reversed(self.listed) if each.person == Name(scheme, value)), None)


def asking(people, answer, **pace):
    opened = []

    @asynccontextmanager
    async def session():
        opened.append("open")
        yield answer
        opened.append("closed")

    source = AskingSource(subjects=people, opened=session, pace=Pace(**{"at_once": 1, "page": 2, **pace}))
    return source, opened


async def known(subject):
    return Answered(rows=[{"cf": subject.person.value}], positions=["riga 1"], content=subject.position.encode())


async def read(source, after=None):
    batches = []
    try:
        async for batch in source.read(after):
            batches.append(batch)  # noqa: PERF401 - pages before a trouble count
    except (Malformed, Refused, Unreachable) as trouble:
        return batches, trouble
    return batches, None


def asked(batches):
    return [row["cf"] for batch in batches for row in batch.rows]


async def test_everybody_is_asked_about_in_order_in_one_session():
    source, opened = asking(People(5), known)

    batches, _ = await read(source)

    assert asked(batches) == ["CF1", "CF2", "CF3", "CF4", "CF5"]
    assert [len(batch.rows) for batch in batches] == [2, 2, 1]
    assert opened == ["open", "closed"]


async def test_each_page_says_after_whom_to_go_on_and_the_last_one_begins_again():
    source, _ = asking(People(5), known)

    batches, _ = await read(source)

    assert [batch.cursor for batch in batches] == [{"after": "2"}, {"after": "4"}, {"after": None}]


async def test_a_run_goes_on_from_every_page():
    source, _ = asking(People(5), known)
    whole, _ = await read(source)

    for number, batch in enumerate(whole[:-1]):
        rest, _ = await read(source, batch.cursor)
        assert asked(rest) == asked(whole[number + 1 :])


async def test_a_run_asks_about_no_more_people_than_it_may():
    source, _ = asking(People(5), known, each_run=3, at_once=2)

    first, _ = await read(source)
    second, _ = await read(source, first[-1].cursor)

    assert (asked(first), asked(second)) == (["CF1", "CF2", "CF3"], ["CF4", "CF5"])
    assert (first[-1].cursor, second[-1].cursor) == ({"after": "3"}, {"after": None})


async def test_several_are_asked_about_at_a_time_and_answers_keep_their_order():
    running, most = 0, 0

    async def slow(subject):
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(5 - int(subject.position)):
            await asyncio.sleep(0)
        running -= 1
        return await known(subject)

    source, _ = asking(People(4), slow, at_once=4, page=4)

    batches, _ = await read(source)

    assert most == 4
    assert asked(batches) == ["CF1", "CF2", "CF3", "CF4"]


async def test_an_answer_that_cannot_be_read_is_set_aside_and_the_round_goes_on():
    async def answer(subject):
        if subject.position == "2":
            raise Malformed("xml.syntax", "broken", position="line 3", content=b"<a")
        return await known(subject)

    batches, trouble = await read(asking(People(4), answer)[0])

    assert trouble is None
    assert asked(batches) == ["CF1", "CF3", "CF4"]
    assert batches[0].troubles == [("PA-2: line 3", "xml.syntax", b"<a")]


async def test_several_broken_answers_in_a_row_are_the_services_fault():
    async def answer(subject):
        if int(subject.position) > 1:
            raise Malformed("http.html", "a web page")
        return await known(subject)

    batches, trouble = await read(asking(People(9), answer)[0])

    assert trouble.code == "http.html"
    assert asked(batches) == ["CF1"]
    assert batches[-1].cursor == {"after": "3"}


@pytest.mark.parametrize("trouble", [Unreachable("tcp", "away"), Refused("http.status", "no")])
async def test_a_partner_that_is_away_or_says_no_ends_the_run_after_what_it_has_said(trouble):
    async def answer(subject):
        if subject.position == "4":
            raise trouble
        return await known(subject)

    batches, ended = await read(asking(People(5), answer)[0])

    assert ended is trouble
    assert asked(batches) == ["CF1", "CF2", "CF3"]
    assert batches[-1].cursor == {"after": "3"}


async def test_a_bug_is_not_taken_for_a_trouble():
    async def answer(_):
        raise KeyError("x")

    with pytest.raises(KeyError):
        await read(asking(People(1), answer)[0])


async def test_people_unknown_to_the_partner_make_no_pages_but_now_and_then():
    clock = StillClock()

    async def nobody(_):
        clock.passed += SILENCE_S / 10
        return Answered()

    token = WORLD.set(clock.world())
    try:
        batches, _ = await read(asking(People(25), nobody)[0])
    finally:
        WORLD.reset(token)

    assert [batch.cursor for batch in batches] == [{"after": "10"}, {"after": "20"}, {"after": None}]


async def test_a_row_says_whose_pact_it_is_about_and_never_who():
    batches, _ = await read(asking(People(1), known)[0])

    assert batches[0].position(0) == "PA-1: riga 1"


async def test_answers_are_kept_as_they_came():
    source = replace(asking(People(3), known)[0], media_type="application/xml")

    batches, _ = await read(source)

    assert [(batch.content, batch.media_type) for batch in batches] == [
        (b"1\n2", "application/xml"),
        (b"3", "application/xml"),
    ]


async def test_a_person_with_two_open_pacts_is_asked_about_once_for_the_newest():
    people = People(3)
    people.listed[2] = replace(people.listed[2], person=people.listed[0].person)

    batches, _ = await read(asking(people, known)[0])

    assert asked(batches) == ["CF2", "CF1"]
    assert [batch.position(index) for batch in batches for index in range(len(batch.rows))] == [
        "PA-2: riga 1",
        "PA-3: riga 1",
    ]
