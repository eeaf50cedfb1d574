"""A site of the ledger that the tests of the hub say things in, with all the ways in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import BaseModel

from patto_connectors.contract import Connector
from patto_connectors.modi.jws import write_token
from patto_connectors.ports import WORLD
from patto_connectors.testing.pairs import pair_of
from patto_hub.clock.schedule import Schedule
from patto_hub.compose.access import make_admission
from patto_hub.feeds import views
from patto_hub.feeds.spec import PUSH, by_name
from patto_hub.feeds.subscriptions import Subscription
from patto_hub.jobs import Job
from patto_hub.ledger import keys, partners, secrets
from patto_hub.ledger.replays import SeenInLedger
from patto_hub.settings.read import read_settings
from patto_hub.testing.subscribed import wholes
from patto_hub.web.app import make_app
from patto_hub.web.edges import answer_ahead
from patto_hub.web.rates import Rates
from patto_hub.web.sightings import Sightings
from patto_hub.web.site import BASE, SITE, Site, WebSettings
from patto_hub.web.tokens import PATH

# --- a site that is open to every partner, and those who call it -----------------------------------------------------

PARTNERS = ("ambito-fg1", "cpi-foggia", "ente", "nessuno")


class Nothing(BaseModel):
    """The settings of a stream that needs none."""


@pytest.fixture
def make_site(ledger, world):
    """Make a site of all feeds of the hub, whole for every partner; what is to be otherwise as arguments."""

    def made(**changes):
        parts = {
            "ledger": ledger,
            "world": world,
            "settings": WebSettings(),
            "feeds": by_name(views.FEEDS),
            "subscriptions": wholes(PARTNERS, views.FEEDS),
            "cursor_key": ledger.write_now(secrets.get, "cursor", world),
            "rates": Rates(100_000, 60.0),
            "sightings": Sightings(),
        }
        return Site(**parts | changes)

    return made


@pytest.fixture
def site(make_site):
    return make_site()


@pytest.fixture
def key_of(ledger, world):
    """Make a key of a partner: gives its text."""

    def made(partner="cpi-foggia", scopes=("pacts",)):
        return ledger.write_now(keys.add, world, partner=partner, scopes=scopes)[1]

    return made


@pytest.fixture
def bearer(key_of):
    """Make a key of a partner that hands in: gives the header that shows it."""

    def made(partner="ambito-fg1", scopes=(PUSH,)):
        return {"Authorization": f"Bearer {key_of(partner, scopes)}"}

    return made


@pytest.fixture
def aiohttp_client(aiohttp_client):
    """Make a client of an app that answers as a hub does: what was asked before, before it looks for the route."""

    async def made(app, **more):
        client = await aiohttp_client(app, **more)
        if SITE in app:
            answer_ahead(client.server.runner)
        return client

    return made


@pytest.fixture
def client_at(aiohttp_client):
    """Make a client of a site that shows a key, or none."""

    async def made(site, key=None, **headers):
        shown = {} if key is None else {"Authorization": f"Bearer {key}"}
        return await aiohttp_client(make_app(site), headers=shown | headers)

    return made


@pytest.fixture
async def client(client_at, site, key_of):
    return await client_at(site, key_of())


@pytest.fixture
def stream_of():
    """Make a stream of a partner that takes what is handed in at a door."""

    def made(door, name="notes", partner="ambito-fg1", number=1):
        return Job(
            name=f"{partner}/{name}",
            partner=partner,
            partner_id=number,
            plugin="p",
            connector=Connector(name=name, settings=Nothing, door=lambda _: door, translate=dict),
            settings=Nothing(),
            schedule=Schedule(),
        )

    return made


# --- a site whose partners come in by keys, tokens, certificates and signatures, as a settings file says --------------

HUB = "https://hub.example"
TOKEN_URL = f"{HUB}{BASE}{PATH}"
FEED = f"{BASE}/feeds/pacts/changes"


@pytest.fixture(scope="session")
def raw_keys():
    return {
        "rsa": rsa.generate_private_key(65537, 2048),
        "ec": ec.generate_private_key(ec.SECP256R1()),
        "other": ec.generate_private_key(ec.SECP256R1()),
        "hub": ec.generate_private_key(ec.SECP256R1()),
        "ed": ed25519.Ed25519PrivateKey.generate(),
    }


@pytest.fixture
def pairs(raw_keys, world):
    return {name: pair_of(raw, world.now()) for name, raw in raw_keys.items()}


@dataclass
class Clock:
    """A wall clock and a monotonic one that tests move."""

    world: object
    ahead: timedelta = timedelta()

    def move(self, **span):
        self.ahead += timedelta(**span)

    def made(self):
        start, begun = self.world.now(), self.world.monotonic()
        return replace(
            self.world,
            now=lambda: start + self.ahead,
            monotonic=lambda: begun + self.ahead.total_seconds(),
        )


@pytest.fixture
def clock(world):
    return Clock(world)


@pytest.fixture
def now(clock):
    token = WORLD.set(clock.made())
    yield WORLD.get()
    WORLD.reset(token)


@pytest.fixture
def site_of(make_site, ledger, now, tmp_path):
    """Make the site of settings: the text of `hub.toml`, and files beside it."""

    def made(settings="", files=(), **more):
        file = tmp_path / "hub.toml"
        file.write_text(f'[web]\npublic_url = "{HUB}"\n{settings}', encoding="utf-8")
        for name, content in dict(files).items():
            (tmp_path / name).write_bytes(content)
        configuration = read_settings(file, {})
        readers = ledger.read_now(partners.readers)
        admission, mistakes = make_admission(configuration, readers, SeenInLedger(ledger))
        feeds = by_name(views.FEEDS)
        granted = {
            (name, feed): Subscription(partner=name, feed=feeds[feed])
            for name in readers
            for feed in ("pacts", "catalogue")
        }
        site = make_site(
            world=now,
            settings=WebSettings(public_url=HUB),
            subscriptions=granted,
            rates=Rates(1000, 60.0),
            admission=admission,
            **more,
        )
        return site, mistakes

    return made


@pytest.fixture
def client_of(site_of, client_at):
    """Make a client of the site of settings; nothing in the settings may be wrong."""

    async def made(settings="", files=(), **more):
        site, mistakes = site_of(settings, files, **more)
        assert mistakes == []
        return await client_at(site)

    return made


@pytest.fixture
def key(key_of):
    return key_of("ente")


@pytest.fixture
def claims_of(now):
    """Give good claims of an assertion; changes as arguments, None leaves one out."""

    def made(**changes):
        at = int(now.now().timestamp())
        good = {
            "iss": "ente",
            "sub": "ente",
            "aud": TOKEN_URL,
            "jti": uuid4().hex,
            "iat": at,
            "exp": at + 60,
        }
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    return made


@pytest.fixture
def form_of(claims_of, pairs):
    """Give the form of a request for a token; claims as arguments."""

    def made(pair="ec", kid="ours", kind="JWT", fields=None, **claims):
        good = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": write_token(claims_of(**claims), pairs[pair].signing(kid=kid), kind=kind),
        }
        return {name: value for name, value in {**good, **(fields or {})}.items() if value is not None}

    return made


@pytest.fixture
def signing(pairs):
    """Give settings of the partner `ente`: its public keys by name, and more lines of its table `access`."""

    def made(more="", **public):
        listed = ", ".join(_inline(pairs[pair].jwk(kid)) for kid, pair in (public or {"ours": "ec"}).items())
        return (
            '[partners.ente]\nfeeds = ["pacts", "catalogue"]\n'
            f"[partners.ente.access]\npublic_keys = [{listed}]\n{more}\n"
        )

    return made


def _inline(jwk):
    """Write a public key as a table of the settings."""
    return "{ " + ", ".join(f"{name} = {json.dumps(value)}" for name, value in jwk.items()) + " }"
