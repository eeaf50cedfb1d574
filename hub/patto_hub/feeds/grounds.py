"""Why the fields of the hub's views leave, and by which law they may: what people read, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLLOW: Final[Mapping[str, str]] = {
    "it": "Seguire il patto di cui si è parte e le sue misure",
    "en": "Follow the pact that one is a party of, and its measures",
}
ATTEND: Final[Mapping[str, str]] = {
    "it": "Sapere chi frequenta e per quante ore, ai fini della misura",
    "en": "Know who attends and for how many hours, for the measure's sake",
}
WORK: Final[Mapping[str, str]] = {
    "it": "Verificare che il tirocinio o il lavoro della persona del patto sia iniziato, prosegua o sia finito",
    "en": "See that the internship or job of the pact's person has begun, goes on or has ended",
}
PAY: Final[Mapping[str, str]] = {
    "it": "Eseguire i pagamenti disposti per un prestito o per l'indennità di un patto",
    "en": "Execute the payments ordered for a loan or for a pact's indemnity",
}
RECONCILE: Final[Mapping[str, str]] = {
    "it": "Riconciliare erogazioni e rate di un prestito con i movimenti del conto",
    "en": "Match a loan's disbursements and instalments with the account's movements",
}
OFFER: Final[Mapping[str, str]] = {
    "it": "Conoscere l'offerta formativa pubblica",
    "en": "Know the public offer of courses",
}
TASK: Final[Mapping[str, str]] = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; d.lgs. 147/2017",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; d.lgs. 147/2017",
}
LABOUR: Final[Mapping[str, str]] = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; d.lgs. 150/2015",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; d.lgs. 150/2015",
}
MONEY: Final[Mapping[str, str]] = {
    "it": "Compito di interesse pubblico (art. 6, par. 1, lett. e, GDPR): L.R. Puglia 3/2016; per il microcredito"
    " art. 111 d.lgs. 385/1993",
    "en": "Task in the public interest (art. 6(1)(e) GDPR): regional law Puglia 3/2016; for microcredit art. 111 of"
    " d.lgs. 385/1993",
}
PUBLIC: Final[Mapping[str, str]] = {
    "it": "Dati pubblici, senza dati di persone: riutilizzo secondo il d.lgs. 36/2006",
    "en": "Public data, none of persons: reuse under d.lgs. 36/2006",
}
