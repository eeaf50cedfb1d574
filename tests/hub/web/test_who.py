from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from patto_hub.ledger import keys
from patto_hub.web.site import BASE

URL = f"{BASE}/access"


async def test_a_partner_sees_what_it_has_come_in_by_and_until_when(  # noqa: PLR0917 - fixtures
    client_of, signing, form_of, ledger, world, pairs
):
    end = world.milliseconds() + timedelta(days=20) // timedelta(milliseconds=1)
    _, key = ledger.write_now(keys.add, world, partner="ente", scopes=["pacts"], expires_at=end)
    client = await client_of(signing())
    token = (await (await client.post(f"{BASE}/oauth2/token", data=form_of())).json())["access_token"]

    by_key, by_token = [
        await (await client.get(URL, headers={"Authorization": f"Bearer {text}"})).json() for text in (key, token)
    ]

    (ending,) = by_key.pop("endings")
    assert (ending["kind"], ending["ends_at"], ending["days_left"]) == ("key", "2026-03-22T09:00:00Z", 20)
    assert by_key == {
        "partner": "ente",
        "way": "key",
        "scopes": ["pacts"],
        "expires_at": "2026-03-22T09:00:00Z",
        "ends_soon": True,
        "public_keys": [{"kid": "ours", "thumbprint": pairs["ec"].known().thumbprint}],
        "certificates": [],
    }
    assert (by_token["way"], by_token["scopes"], by_token["ends_soon"]) == ("token", ["catalogue", "pacts"], False)
    assert by_token["expires_at"] == "2026-03-02T09:10:00Z"


async def test_a_key_without_an_end_says_so(client_of, key):
    client = await client_of()

    body = await (await client.get(URL, headers={"Authorization": f"Bearer {key}"})).json()

    assert (body["expires_at"], body["ends_soon"]) == (None, False)


@pytest.mark.parametrize("taken", ["subscription", "settings"])
async def test_what_is_taken_back_is_no_longer_named(site_of, client_at, key, taken):
    site, _ = site_of()
    ended = replace(site.subscriptions["ente", "pacts"], until=date(2026, 3, 1))
    site = replace(
        site,
        subscriptions={**site.subscriptions, ("ente", "pacts"): ended}
        if taken == "subscription"
        else site.subscriptions,
        refuse_feed=lambda _partner, feed: "no" if taken == "settings" and feed == "pacts" else None,
    )
    client = await client_at(site)

    body = await (await client.get(URL, headers={"Authorization": f"Bearer {key}"})).json()

    assert "pacts" not in body["scopes"]


async def test_a_stranger_learns_nothing(client_of):
    assert (await (await client_of()).get(URL)).status == 401


async def test_every_route_for_partners_says_that_it_may_let_one_in_by_no_way(client_of):
    described = await (await (await client_of()).get("/openapi.json")).json()

    routes = [each for path in described["paths"].values() for each in path.values() if "responses" in each]
    closed = [each for each in routes if each["security"]]
    assert closed
    assert [
        each["operationId"] for each in closed if "feed-withheld" not in each["responses"]["403"]["description"]
    ] == []
