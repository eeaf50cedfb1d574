"""Employment centres (Centri per l'impiego): the SAP, the labour system's own service, RdC; both ways for the SAP."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patto_connectors.asking import AskingSource
from patto_hub import Connector, hookimpl
from patto_plugins.employment_centres import exchange, rdc, sap, sap_render, sil, sil_out, unilav
from patto_plugins.employment_centres.checks import CHECKS
from patto_plugins.employment_centres.feed import SAP_FEED, SERVICE_FEED
from patto_plugins.employment_centres.settings import CentreSettings, wanted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patto_hub import Check, Door, FeedSpec, Given, Sink, Source


@hookimpl
def register_connectors() -> Iterable[Connector[Any]]:
    """Name a centre's streams; a centre has those whose service its settings name."""
    make = partial(Connector, settings=CentreSettings)
    yield make(
        name="sap",
        asks=sap_source,
        translate=sap.translate,
        kinds=("measure", "person"),
        summary={"it": "Politiche attive dalla scheda SAP", "en": "Active policies of the SAP sheet"},
    )
    yield make(
        name="notifications",
        asks=notifications_source,
        door=notifications_door,
        translate=sap.translate,
        kinds=("measure", "person"),
        summary={"it": "Schede SAP appena cambiate (notificaSAP)", "en": "SAP sheets that have just changed"},
    )
    yield make(
        name="sap_out",
        sink=sap_sink,
        render=sap_render.render,
        beside=("person", "pact", "measure"),
        summary={"it": "Misure da registrare nella SAP (invioSAP)", "en": "Measures to be registered in the SAP"},
    )
    yield make(
        name="sil",
        asks=sil_source,
        translate=sil.translate,
        kinds=("measure",),
        summary={"it": "Politiche attive dal sistema del lavoro", "en": "Active policies of the labour system"},
    )
    yield make(
        name="sil_out",
        sink=sil_sink,
        render=sil_out.render,
        beside=("pact",),
        summary={"it": "Patti di servizio (A02) da registrare", "en": "Pacts of service (A02) to be registered"},
    )
    yield make(
        name="communications",
        asks=communications_source,
        translate=unilav.translate,
        kinds=("employment",),
        summary={"it": "Comunicazioni obbligatorie (UniLav)", "en": "Mandatory communications (UniLav)"},
    )
    yield make(
        name="rdc",
        asks=rdc_source,
        translate=rdc.translate,
        kinds=("person",),
        summary={"it": "Protocolli INPS dei beneficiari RdC", "en": "INPS protocols of RdC beneficiaries"},
    )


@hookimpl
def register_feeds() -> Iterable[FeedSpec]:
    """Name the feeds from which policies and pacts of service are written."""
    yield SAP_FEED
    yield SERVICE_FEED


@hookimpl
def register_checks() -> Iterable[Check]:
    """Name the rules that compare a centre's words with an Ambito's."""
    return CHECKS


def sap_source(settings: CentreSettings, given: Given) -> Source:
    """Ask the SAP about the people of open pacts."""
    opened = partial(exchange.asking, wanted(settings.sap, "sap"))
    return AskingSource(subjects=given.subjects, opened=opened, pace=settings.pace, media_type="application/xml")


def notifications_source(settings: CentreSettings, given: Given) -> Source:
    """Follow what the SAP has notified."""
    return exchange.NotificationSource(wanted(settings.sap, "sap"), given)


def notifications_door(settings: CentreSettings) -> Door:
    """Let the SAP notify."""
    return exchange.notifications_door(wanted(settings.sap, "sap"))


def sap_sink(settings: CentreSettings) -> Sink:
    """Hand measures over to the SAP."""
    return exchange.SapSink(wanted(settings.sap, "sap"))


def sil_source(settings: CentreSettings, given: Given) -> Source:
    """Ask the labour system for the policies of people of open pacts."""
    opened = partial(sil.asking_policies, wanted(settings.sil, "sil"))
    return AskingSource(subjects=given.subjects, opened=opened, pace=settings.pace)


def sil_sink(settings: CentreSettings) -> Sink:
    """Register pacts of service in the labour system."""
    return sil_out.SilSink(wanted(settings.sil, "sil"))


def communications_source(settings: CentreSettings, given: Given) -> Source:
    """Ask the labour system for the communications on people of open pacts."""
    opened = partial(sil.asking_communications, wanted(settings.sil, "sil"))
    return AskingSource(subjects=given.subjects, opened=opened, pace=settings.pace)


def rdc_source(settings: CentreSettings, given: Given) -> Source:
    """Ask whether people of open pacts are beneficiaries."""
    opened = partial(rdc.asking, wanted(settings.rdc, "rdc"))
    return AskingSource(subjects=given.subjects, opened=opened, pace=settings.pace)
