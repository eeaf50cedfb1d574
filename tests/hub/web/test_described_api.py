"""The API against its own description: Schemathesis asks what the description allows, and what it does not.

Each answer must be one that the description names: status, media type, headers, shape; nothing may end in a 500, and
nothing opens without a key.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys

import pytest

from patto_connectors.contract import Batch, Door
from patto_hub.feeds.spec import PUSH
from patto_hub.web.app import make_app
from patto_hub.web.rates import Rates
from patto_hub.web.site import BASE

PACT = {"pact_id": "P1", "person_id": "RSSMRA80A01D643X", "ambito": "FG/1", "scheme": "ReD_3", "status": "active"}
PERSON = {"person_id": "1", "given_name": "Invented", "family_name": "Person", "birth_date": "1980-01-01"}
MEASURE = {"measure_id": "M1", "pact_id": "P1", "type": "internship", "activity_code": "A02"}
AMBITO = {"code": "FG/1", "name": "Foggia", "lead_municipality": "071024"}
CASES = 2_000
"""Cases at least, over all operations."""
EXAMPLES = 60
"""Cases of each operation in the fuzzing phase."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
"""All that Schemathesis has, but for one: a value that the description allows (any text as a cursor) may be refused."""


def rows(body):
    yield Batch(rows=json.loads(body.content))


@pytest.fixture
def site(make_site, stream_of, say):
    for number in range(7):
        say("pact", {**PACT, "pact_id": f"P{number}"}, to=[2])
        say("person", PERSON, to=[2])
        say("measure", MEASURE, to=[2])
        say("ambito", AMBITO, to=[0])
    job = stream_of(Door(media_types=("application/json",), rows=rows), partner="cpi-foggia", number=2)
    return make_site(rates=Rates(1_000_000, 1.0), jobs={job.name: job})


@pytest.fixture
def key(site, key_of):
    return key_of(scopes=(*site.feeds, PUSH))


async def schemathesis(client, document, base, key, folder):
    """Let Schemathesis test what a document describes; gives its exit code, its cases, its words."""
    folder.mkdir()
    (folder / "openapi.json").write_text(json.dumps(document))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "schemathesis.cli", "run", folder / "openapi.json", "--url", str(client.make_url(base))),
        *("--header", f"Authorization:Bearer {key}", "--checks", ",".join(CHECKS)),
        *("--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing", "--seed", "1"),
        *("--generation-database", "none", "--continue-on-failure", "--no-color", "--warnings", "off"),
        *("--suppress-health-check", "all"),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    words = output.decode()
    return process.returncode, int(re.search(r"(\d+) generated", words)[1]), words


def parts(document):
    """Give the description in parts that stand under one address each."""
    inside = {path: item for path, item in document["paths"].items() if "servers" not in item}
    outside = {path: item for path, item in document["paths"].items() if "servers" in item}
    yield BASE, {**document, "paths": inside}
    yield "/", {**document, "paths": {path: {**item, "servers": []} for path, item in outside.items()}}


@pytest.mark.timeout(600)
async def test_the_api_does_what_its_description_says(aiohttp_client, site, key, tmp_path):
    client = await aiohttp_client(make_app(site))
    document = await (await client.get("/openapi.json")).json()

    cases = 0
    for number, (base, part) in enumerate(parts(document)):
        code, generated, words = await schemathesis(client, part, base, key, tmp_path / str(number))
        assert code == 0, words
        cases += generated
    assert cases >= CASES
