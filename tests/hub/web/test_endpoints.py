from __future__ import annotations

import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from patto_hub.web import edges
from patto_hub.web.endpoints import Access, endpoint
from patto_hub.web.measures import MEASURES, make_measures
from patto_hub.web.site import WebSettings


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: str = Field(pattern="^[a-z]+$", examples=["abc"])


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lines: list[Line] = Field(min_length=1, max_length=5)


@endpoint("POST", "/things", access=Access.EVERYBODY, body=Body, answers={200: Body})
async def things(call):
    """Take things."""
    return web.json_response({"lines": len(call.body.lines)})


@pytest.fixture
async def client(aiohttp_client, make_site):
    settings = WebSettings(largest_body=1000)
    site = make_site(settings=settings)

    def no_page(request, problem):
        raise AssertionError

    app = web.Application(middlewares=[edges.outermost(site, no_page)], client_max_size=settings.largest_body)
    app[MEASURES] = make_measures()
    app.router.add_route(things.method, things.path, edges.serve(site, things))
    return await aiohttp_client(app)


async def test_a_good_body_arrives_as_its_model(client):
    answer = await client.post("/things", json={"lines": [{"code": "a"}, {"code": "b"}]})

    assert (answer.status, await answer.json()) == (200, {"lines": 2})


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b'{"lines": [{"code": "a"}, {"code": "RSSMRA80A01D643X"}]}', "/lines/1/code", "string_pattern_mismatch"),
        (b'{"lines": [{"code": "a", "a/b~c": 1}]}', "/lines/0/a~1b~0c", "extra_forbidden"),
        (b"{}", "/lines", "missing"),
        (b"<xml/>", "", "json_invalid"),
        (b"", "", "json_invalid"),
    ],
)
async def test_a_wrong_field_is_pointed_at_and_what_was_sent_is_not_repeated(client, body, pointer, code):
    answer = await client.post("/things", data=body)
    problem = await answer.json()

    assert answer.status == 422
    assert [(each["pointer"], each["place"], each["code"]) for each in problem["errors"]] == [(pointer, "body", code)]
    assert "RSSMRA" not in await answer.text()


@pytest.mark.parametrize(
    ("count", "it", "en"),
    [
        (0, "serve almeno 1 elemento", "at least 1 item is needed"),
        (6, "al massimo 5 elementi", "at most 5 items"),
    ],
)
async def test_a_list_of_a_wrong_length_is_told_in_words_that_agree(client, count, it, en):
    answer = await client.post("/things", json={"lines": [{"code": "a"}] * count})

    (told,) = (await answer.json())["errors"]
    assert (told["pointer"], told["detail"], told["detail_en"]) == ("/lines", it, en)


async def test_a_large_body_is_cut_at_the_door(client):
    answer = await client.post("/things", data=b"x" * 2000)

    assert (answer.status, answer.content_type) == (413, "application/problem+json")
