"""The road of one pact, decided first as a row of days, then written down as the versions of a record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from patto_schemas.chronicle.chance import after, instant, weighted
from patto_schemas.chronicle.told import History, Step, history
from patto_schemas.invented_words import DUTIES, GOALS
from patto_schemas.model import Pact
from patto_schemas.model.pact import (
    Closure,
    Commitment,
    ExpectedResult,
    Goal,
    Indemnity,
    LoanMode,
    PactScheme,
    PactStatus,
    Review,
    Sanction,
    Suspension,
)
from patto_schemas.model.people import ConsentGiven

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from patto_schemas.chronicle.people import Dweller
    from patto_schemas.chronicle.told import Change
    from patto_schemas.model.base import Name

YEAR: Final = 365
ENTRY: Final = 0.55
"""The part of the simulated time in which pacts begin; the rest is for their lives."""
REASONS: Final = ("MALATTIA", "MATERNITA", "LAVORO_SOTTO_SOGLIA", "GIUSTA_CAUSA")
CLOSURES: Final[Mapping[str, tuple[str, str]]] = {
    "completed": ("OBIETTIVI", "Obiettivi raggiunti"),
    "lapsed": ("DECADENZA", "Decadenza per mancata presentazione alle convocazioni"),
    "withdrawn": ("RINUNCIA", "Rinuncia della persona"),
    "revoked": ("REVOCA", "Requisiti venuti meno"),
    "cancelled": ("ANNULLO", "Annullato per errore"),
    "transformed": ("TRASFORMAZIONE", "Prosegue in altra misura"),
}


@dataclass(frozen=True, slots=True)
class Road:
    """The days of one pact's life; days after the world's end are never told."""

    drafted: date | None
    proposed: date
    signed: date | None
    """None: never."""
    active: date
    ends: date
    end: PactStatus
    rest: tuple[date, date] | None
    """The first day of a suspension and the day on which the pact goes on."""
    loan_mode: LoanMode

    def rests(self, day: date) -> bool:
        """Tell whether the pact is suspended on a day."""
        return self.rest is not None and self.rest[0] <= day < self.rest[1]

    def awake(self, day: date, length: int = 0) -> date:
        """Give the day, or the first one after the suspension where the days from it on would touch that (rule R14)."""
        if self.rest is None or day >= self.rest[1] or day + timedelta(length) < self.rest[0]:
            return day
        return self.rest[1]


def road(who: Dweller) -> Road:
    """Decide the road of a person's pact."""
    luck, settings = who.chance, who.settings
    proposed = settings.starts_on + timedelta(luck.randint(8, max(9, int(settings.days * ENTRY))))
    drafted = after(luck, proposed, -7, -3) if luck.random() < 0.3 else None  # noqa: PLR2004 - some start as drafts
    signed = after(luck, proposed, 4, 14)
    active = after(luck, signed, 1, 5)
    mode = cast("LoanMode", weighted(luck, {"none": 62, "downstream": 24, "alternative": 14}))
    if luck.random() < 0.06:  # noqa: PLR2004 - some never sign
        end = cast("PactStatus", weighted(luck, {"withdrawn": 2, "cancelled": 1}))
        return Road(drafted, proposed, None, active, signed, end, None, "none")
    end = cast(
        "PactStatus",
        weighted(luck, {"completed": 66, "lapsed": 9, "withdrawn": 9, "transformed": 9, "revoked": 4, "cancelled": 3}),
    )
    whole = signed + timedelta(YEAR)
    ends = whole if end == "completed" else after(luck, active, 70, YEAR - 30)
    rest = None
    if mode != "alternative" and luck.random() < 0.2 and (ends - active).days > 130:  # noqa: PLR2004 - one in five
        first = after(luck, active, 60, (ends - active).days - 60)
        rest = (first, after(luck, first, 14, 50))
    return Road(drafted, proposed, signed, active, ends, end, rest, mode)


def pact_of(who: Dweller, way: Road) -> Pact:
    """Give the pact as it is first written down."""
    luck = who.chance
    scheme = cast("PactScheme", weighted(luck, {"ReD_3": 80, "ADI_PaIS": 15, "SFL": 5}))
    return Pact(
        pact_id=who.key("PA"),
        person_id=who.cf,
        household_size=luck.randint(1, 6),
        ambito=who.ambito.code,
        municipality=who.municipality,
        scheme=scheme,
        inps_protocol=who.protocol,
        status="draft",
        loan_mode=way.loan_mode,
        case_manager=f"AS-{luck.randint(1, 6):02}",
    )


def pact_history(who: Dweller, way: Road, consents: list[Step]) -> History:
    """Give the pact's history: its road, with the answers that other partners asked for."""
    luck = who.chance
    steps = [Step(instant(luck, way.proposed), lambda _: {"status": "proposed", "proposed_on": way.proposed})]
    if way.drafted is not None:
        steps.append(Step(instant(luck, way.drafted), lambda _: {"status": "draft"}))
    if way.signed is not None:
        steps.extend(_signed(luck, way, way.signed))
    steps.append(_closing(who, way))
    return history(who.ambito.code, pact_of(who, way), [*steps, *consents])


def _signed(luck: Random, way: Road, signed: date) -> list[Step]:
    content = _content(luck, signed)
    number = f"{signed.year}/{luck.randrange(10**5):05}"

    def sign(_: Pact) -> Mapping[str, object]:
        dates = {"signed_on": signed, "valid_from": signed, "valid_to": signed + timedelta(YEAR)}
        return {"status": "signed", "pact_number": number, **dates, **content}

    steps = [Step(instant(luck, signed), sign), Step(instant(luck, way.active), lambda _: {"status": "active"})]
    return [*steps, *_rest(luck, way), *_reviews(luck, way), *_sanctions(luck, way)]


def _content(luck: Random, signed: date) -> Mapping[str, object]:
    goals = tuple(
        Goal(goal_id=f"O{number}", text=text, horizon=luck.choice(("short", "medium", "long")))
        for number, text in enumerate(luck.sample(GOALS, 2), 1)
    )
    due = signed + timedelta(180)
    return {
        "goals": goals,
        "results": (ExpectedResult(result_id="R1", goal_id="O1", text="Esito atteso", due_on=due),),
        "commitments": tuple(
            Commitment(commitment_id=f"I{number}", text=text, conditional=number == 1)
            for number, text in enumerate(luck.sample(DUTIES, 2), 1)
        ),
        "indemnity": Indemnity(monthly_amount=Decimal(luck.choice((300, 400, 500, 600))), months=12),
        "review_every": 3,
        "review_unit": "M",
        "next_review_on": signed + timedelta(90),
    }


def _rest(luck: Random, way: Road) -> list[Step]:
    if way.rest is None:
        return []
    first, again = way.rest
    reason = luck.choice(REASONS)
    open_rest = Suspension(valid_from=first, reason=reason)
    whole = open_rest.model_copy(update={"valid_to": again})
    steps = [Step(instant(luck, first), lambda _: {"status": "suspended", "suspensions": (open_rest,)})]
    if again < way.ends:
        steps.append(Step(instant(luck, again), lambda _: {"status": "active", "suspensions": (whole,)}))
    return steps


def _reviews(luck: Random, way: Road) -> list[Step]:
    """Every three months, one or the other day later; goals get on as time goes by."""
    steps, due = [], way.active + timedelta(90)
    while due < way.ends:
        steps.append(Step(instant(luck, due), _review(luck, due)))
        due = after(luck, due, 88, 97)
    return steps


def _review(luck: Random, on: date) -> Change:
    outcome = weighted(luck, {"confirmed": 8, "changed": 2})
    better = luck.random() < 0.6  # noqa: PLR2004 - mostly

    def change(pact: Pact) -> Mapping[str, object]:
        goals = tuple(
            each.model_copy(update={"achieved": min((each.achieved or 1) + better, 3), "assessed_on": on})
            for each in pact.goals
        )
        reviews = (*pact.reviews, Review.model_validate({"on": on, "outcome": outcome}))
        return {"goals": goals, "reviews": reviews, "next_review_on": on + timedelta(90)}

    return change


def _sanctions(luck: Random, way: Road) -> list[Step]:
    """The ladder: a part of a month, a month, the end (D.Lgs. 147/2017 art. 12 for such measures)."""
    if way.end == "lapsed":
        rungs = [way.ends - timedelta(60), way.ends - timedelta(30), way.ends]
    else:
        rungs = [after(luck, way.active, 20, 60)] if luck.random() < 0.1 else []  # noqa: PLR2004 - one in ten
    return [Step(instant(luck, on, (6, 7)), _sanction(on, rung)) for rung, on in enumerate(rungs)]


def _sanction(on: date, rung: int) -> Change:
    def change(pact: Pact) -> Mapping[str, object]:
        monthly = Decimal(0) if pact.indemnity is None else pact.indemnity.monthly_amount
        lost = (
            {"amount_lost": (monthly / 4).quantize(Decimal("0.01"))},
            {"months_lost": 1, "amount_lost": monthly},
            {"lapse": True},
        )[rung]
        sanction = Sanction.model_validate({"on": on, "reason": "MANCATA_CONVOCAZIONE", **lost})
        return {"sanctions": (*pact.sanctions, sanction)}

    return change


def _closing(who: Dweller, way: Road) -> Step:
    code, reason = CLOSURES[way.end]
    goes_on_as = who.other_key("ADI") if way.end == "transformed" else None

    def close(pact: Pact) -> Mapping[str, object]:
        kept = way.end in {"completed", "transformed"}
        rests = tuple(
            each if each.valid_to else each.model_copy(update={"valid_to": way.ends}) for each in pact.suspensions
        )
        return {
            "status": way.end,
            "closure": Closure(code=code, on=way.ends, reason=reason, successor_id=goes_on_as),
            "commitments": tuple(each.model_copy(update={"kept": kept}) for each in pact.commitments),
            "suspensions": rests,
            "next_review_on": None,
        }

    return Step(instant(who.chance, way.ends, (16, 18)), close)


def asked(who: Dweller, on: date, *organisations: Name) -> tuple[bool, list[Step]]:
    """Ask the person on a day whether partners may read along; give the answer, and what it changes in the pact."""
    luck, rates = who.chance, who.settings.rates
    granted = luck.random() < rates.consenting
    at = instant(luck, on, (6, 7))
    steps = [Step(at, _word(at, organisations, granted=granted))]
    if granted and luck.random() < rates.withdrawing:
        later = instant(luck, after(luck, on, 90, 300), (6, 7))
        steps.append(Step(later, _word(later, organisations, granted=False)))
    return granted, steps


def _word(at: datetime, organisations: tuple[Name, ...], *, granted: bool) -> Change:
    words = tuple(
        ConsentGiven.model_validate(
            {
                "organisation_scheme": each.scheme,
                "organisation_id": each.value,
                "from_domain": "social",
                "granted": granted,
                "at": at,
            }
        )
        for each in organisations
    )
    return lambda record: {"consents": (*record.consents, *words)}
