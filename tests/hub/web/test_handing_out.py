from __future__ import annotations

from pathlib import Path

import pytest

from patto_hub.client import patto_client
from patto_hub.ledger import secrets
from patto_hub.web.app import make_app
from patto_hub.web.handing_out import FILES
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import Site, WebSettings


@pytest.fixture
async def client(aiohttp_client, ledger, world):
    key = ledger.write_now(secrets.get, "cursor", world)
    rates, sightings = Rates(1000, 60.0), Sightings()
    return await aiohttp_client(
        make_app(
            Site(
                ledger=ledger,
                world=world,
                settings=WebSettings(),
                feeds={},
                cursor_key=key,
                rates=rates,
                sightings=sightings,
            )
        )
    )


@pytest.mark.parametrize("name", FILES)
async def test_the_partners_program_is_handed_out_as_it_is_to_everybody(client, name):
    answer = await client.get(f"/client/{name}")

    assert answer.status == 200
    assert (answer.content_type, answer.charset) == ("text/x-python", "utf-8")
    assert f'filename="{name.replace("-", "_")}"' in answer.headers["Content-Disposition"]
    assert await answer.read() == Path(patto_client.__file__).with_name(name.replace("-", "_")).read_bytes()


@pytest.mark.parametrize("name", ["__init__.py", "patto_client.py", "..%2Fapp.py", "x"])
async def test_no_other_file_is_handed_out(client, name):
    answer = await client.get(f"/client/{name}")

    assert answer.status == 404
