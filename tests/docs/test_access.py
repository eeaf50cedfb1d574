"""The page on ways in is true: its program comes in at a hub that serves, and its settings can be read."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as form
from cryptography.hazmat.primitives.asymmetric import ec

from patto_connectors.http.settings import HttpSettings
from patto_connectors.ports import World
from patto_hub.compose.serve import serving
from patto_hub.settings.read import read_settings
from patto_hub.web.site import BASE

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/how-to/access.md"
SETTINGS = """
[hub]
data_dir = "data"
[web]
port = {port}
[partners.lecce]
feeds = ["pacts", "catalogue"]
[partners.lecce.access]
public_keys = [{{ file = "public.pem", kid = "2026" }}]
"""


@pytest.fixture
def pair(page_reader):
    """The key pair of the page, where it says."""
    raw = ec.generate_private_key(ec.SECP256R1())
    pem = form.Encoding.PEM
    private = raw.private_bytes(pem, form.PrivateFormat.PKCS8, form.NoEncryption())
    (page_reader.folder / "private.pem").write_bytes(private)
    return raw.public_key().public_bytes(pem, form.PublicFormat.SubjectPublicKeyInfo)


async def test_the_program_of_the_page_comes_in(page_reader, blocks, pair, tmp_path):
    (program,) = (block for block in blocks(PAGE) if block.title == "come_in.py")
    page_reader.write(program)
    (tmp_path / "public.pem").write_bytes(pair)
    (tmp_path / "hub.toml").write_text(SETTINGS.format(port=page_reader.ports["8080"]))

    async with serving(read_settings(tmp_path / "hub.toml", {}), World()) as started:
        page_reader.ask(f"export HUB={started.listening}{BASE} PARTNER=lecce KID=2026")
        code, printed = await asyncio.to_thread(page_reader.ask, "python -W error come_in.py")

    assert (code, printed.strip()) == (0, "lecce came in by a token for pacts"), printed


def test_the_settings_of_the_page_can_be_read(blocks, tmp_path):
    texts = [block.text for block in blocks(PAGE) if block.title == "hub.toml"]
    for text in texts:
        (tmp_path / "hub.toml").write_text(text)
        read_settings(tmp_path / "hub.toml", {})

    assert len(texts) == 3


def test_the_signing_of_the_page_can_be_read(blocks):
    (text,) = (block.text for block in blocks(PAGE) if block.title == "settings of a partner")
    part = tomllib.loads(text)["http"]
    for secret in (part["auth"], part["signing"]):
        secret["key"] = "read from its file"

    assert HttpSettings(base_url="https://ambito.example/v1", **part).signing.profiles == (
        "INTEGRITY_REST_02",
        "AUDIT_REST_02",
    )
