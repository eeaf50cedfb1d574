from __future__ import annotations

from pathlib import Path

import pytest

from patto_hub.client import patto_client
from patto_hub.web.handing_out import FILES


@pytest.fixture
async def client(client_at, site):
    return await client_at(site)


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
