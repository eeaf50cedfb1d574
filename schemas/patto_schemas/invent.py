"""Invented partners' records that hang together, from a seed: for simulated partners, demonstrations and benchmarks.

Names are common Italian ones put together by chance, birthplaces are real municipalities of Puglia, every check letter
is right and every record keeps the rules. The same seed gives the same records.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from stdnum import luhn

from patto_schemas.codes.table import table
from patto_schemas.codes.territory import ambiti
from patto_schemas.identity import policy, tax_code
from patto_schemas.invented_words import COURSES, DUTIES, FAMILY_NAMES, FEMALE_NAMES, GOALS, MALE_NAMES, STREETS
from patto_schemas.model import (
    Ambito,
    AttendanceDay,
    AttendanceMonth,
    Consent,
    CourseOffering,
    Enrolment,
    Loan,
    Measure,
    MonitoringRecord,
    Organisation,
    Pact,
    Person,
    Visit,
)
from patto_schemas.model.base import Entity, Identifier
from patto_schemas.model.credit import Disbursement, Instalment
from patto_schemas.model.measure import MeasureEvent
from patto_schemas.model.pact import Commitment, ExpectedResult, Goal, Indemnity
from patto_schemas.model.people import Address, BirthPlace, ConsentGiven, Contact
from patto_schemas.model.training import CourseHours, Figure, Presentation, Provider, Translation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from random import Random


FIRST_DAY: Final = date(2018, 1, 8)
DAYS: Final = 2500


@dataclass(frozen=True, slots=True)
class Dossier:
    """One person's records, each naming the ones before it."""

    person: Person
    pact: Pact
    measures: tuple[Measure, ...]
    enrolments: tuple[Enrolment, ...]
    attendance: tuple[AttendanceDay, ...]

    def __iter__(self) -> Iterator[Entity]:
        yield from (self.person, self.pact, *self.measures, *self.enrolments, *self.attendance)


class Inventor:
    """Invents records one by one; keys count up, so two inventors need different prefixes."""

    def __init__(self, random: Random, prefix: str = "") -> None:
        self._random = random
        self._prefix = prefix
        self._count = 0
        self._municipalities = tuple(table("municipalities").current())
        self._ambiti = ambiti()

    def key(self, letters: str) -> str:
        """Give the next key, as `PA-000042`."""
        self._count += 1
        return f"{self._prefix}{letters}-{self._count:06}"

    def day(self) -> date:
        """Give a day of the programme's years."""
        return FIRST_DAY + timedelta(self._random.randrange(DAYS))

    def municipality(self) -> str:
        """Give a municipality of Puglia by its ISTAT code."""
        return self._random.choice(self._municipalities).code

    def vat_number(self) -> str:
        """Give an 11-digit number with its check digit."""
        digits = f"{self._random.randrange(10**7):07}{self._random.randrange(71, 76):03}"
        return digits + luhn.calc_check_digit(digits)

    def promoter_code(self) -> str:
        """Give an employment centre's code, as `D643C000123`."""
        place = self._random.choice(self._municipalities).more["belfiore"]
        return f"{place}C{self._random.randrange(1, 10**6):06}"

    def _instant(self, day: date) -> datetime:
        seconds = self._random.randrange(8 * 3600, 18 * 3600)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds)

    def _named(self) -> tuple[str, str, str]:
        sex = self._random.choice("MF")
        given = self._random.choice(MALE_NAMES if sex == "M" else FEMALE_NAMES)
        return self._random.choice(FAMILY_NAMES), given, sex

    def tax_code(self) -> str:
        """Give a tax code with a right check letter and a birthplace in Puglia."""
        family, given, sex = self._named()
        return tax_code.of(family, given, self._born(), sex, self._random.choice(self._municipalities).more["belfiore"])

    def _born(self) -> date:
        return date(1955, 1, 1) + timedelta(self._random.randrange(17_000))

    def address(self) -> Address:
        """Give an address in Puglia."""
        street = f"{self._random.choice(STREETS)} {self._random.randrange(1, 200)}"
        return Address(municipality=self.municipality(), street=street, postcode=f"7{self._random.randrange(10**4):04}")

    def person(self) -> Person:
        """Give a person whose tax code agrees with sex, birth date and birthplace."""
        family, given, sex = self._named()
        born = self._born()
        place = self._random.choice(self._municipalities).more["belfiore"]
        code = tax_code.of(family, given, born, sex, place)
        return Person(
            revision=1,
            modified_at=self._instant(self.day()),
            person_id=self.key("PE"),
            identifiers=(Identifier(scheme="cf", value=code),),
            given_name=given,
            family_name=family,
            sex="M" if sex == "M" else "F",
            birth_date=born,
            birth_place=BirthPlace(belfiore=place, country="IT"),
            citizenship="IT",
            citizenship_code="000",
            residence=self.address(),
            contacts=(Contact(channel="mobile", value=f"+39 3{self._random.randrange(10**9):09}"),),
            education=self._random.choice(("NED", "PSE", "LSE", "USV", "USG")),
            labour_status=self._random.choice(("U1", "U2", "U3", "U4", "U5")),
            job_search_months=self._random.randrange(60),
            household_type=self._random.choice("12345"),
            housing_disadvantage=self._random.random() < 0.1,  # noqa: PLR2004 - one in ten
        )

    def organisation(self) -> Organisation:
        """Give a third-sector body or a firm that hosts internships."""
        number = self.vat_number()
        name = f"Cooperativa sociale {self._random.choice(FAMILY_NAMES)}"
        return Organisation(
            organisation_id=self.key("OR"),
            type="third_sector",
            legal_name=name,
            identifiers=(Identifier(scheme="piva", value=number), Identifier(scheme="cf", value=number)),
            legal_form="1.4.30",
            runts_section="d",
            seat=self.address(),
        )

    def ambito(self) -> Ambito:
        """Give one of the 45 social districts."""
        return self._random.choice(self._ambiti)

    def pact(self, person: Person | None = None, *, ambito: str | None = None, parts: int = 2) -> Pact:
        """Give an active pact; `parts` goals, results and commitments each (2 make about 1.3 kB of JSON)."""
        signed = self.day()
        code = self.tax_code() if person is None else person.identifiers[0].value
        promoter = self.promoter_code()
        consent = ConsentGiven(
            organisation_scheme="cpi_11",
            organisation_id=promoter,
            from_domain="social",
            granted=True,
            at=self._instant(signed),
        )
        return Pact(
            revision=1,
            modified_at=self._instant(signed + timedelta(1)),
            pact_id=self.key("PA"),
            pact_number=f"{signed.year}/{self._random.randrange(10**5):05}",
            person_id=code,
            household_size=self._random.randrange(1, 7),
            ambito=ambito or self._random.choice(self._ambiti).code,
            municipality=self.municipality(),
            scheme="ReD_3",
            proposed_on=signed - timedelta(10),
            signed_on=signed,
            valid_from=signed,
            valid_to=signed + timedelta(365),
            status="active",
            review_every=3,
            review_unit="M",
            next_review_on=signed + timedelta(90),
            goals=tuple(self._goal(n, signed) for n in range(parts)),
            results=tuple(self._result(n, signed) for n in range(parts // 2)),
            commitments=tuple(self._commitment(n) for n in range(parts)),
            indemnity=Indemnity(monthly_amount=Decimal(self._random.choice((300, 400, 500, 600))), months=12),
            consents=(consent,),
        )

    def _goal(self, number: int, signed: date) -> Goal:
        text = self._random.choice(GOALS)
        return Goal(goal_id=f"O{number + 1}", text=text, horizon="medium", achieved=2, assessed_on=signed)

    def _result(self, number: int, signed: date) -> ExpectedResult:
        due = signed + timedelta(180)
        return ExpectedResult(result_id=f"R{number + 1}", goal_id=f"O{number + 1}", text="Esito atteso", due_on=due)

    def _commitment(self, number: int) -> Commitment:
        text = self._random.choice(DUTIES)
        return Commitment(commitment_id=f"I{number + 1}", text=text, conditional=number == 0)

    def measure(self, pact: Pact) -> Measure:
        """Give an internship of the pact that has started and keeps rules R1..R7."""
        proposed = pact.signed_on or self.day()
        started = proposed + timedelta(self._random.randrange(1, 60))
        promoter = pact.consents[0].organisation_id if pact.consents else self.promoter_code()
        host = self.vat_number()
        return Measure(
            revision=1,
            modified_at=self._instant(started),
            measure_id=self.key("MI"),
            pact_id=pact.pact_id,
            type="internship",
            title="Tirocinio di inclusione sociale",
            activity_code="C06",
            project_code="01",
            policy_id=policy.policy_id(self._random.getrandbits(32), promoter, "C06", proposed),
            promoter_code=promoter,
            provider_id=host,
            provider_scheme="piva",
            employer_cf=host,
            proposed_on=proposed,
            started_on=started,
            planned_end_on=started + timedelta(180),
            duration=6,
            duration_unit="M",
            planned_hours=Decimal(480),
            description="Tirocinio con tutor aziendale e accompagnamento educativo",
            events=(MeasureEvent(code="01", on=proposed), MeasureEvent(code="02", on=started)),
        )

    def course_offering(self, editions: int = 2) -> CourseOffering:
        """Give a course of an invented provider with some editions."""
        title = self._random.choice(COURSES)
        provider = self.vat_number()
        name = f"Ente di formazione {self._random.choice(FAMILY_NAMES)}"
        return CourseOffering(
            revision=1,
            offering_id=self.key("CO"),
            provider=Provider(provider_id=provider, provider_scheme="piva", name=name),
            title=(Translation(language="it", text=title),),
            homepage=f"https://formazione.example/corsi/{self._count}",
            figure=Figure(eqf=self._random.randrange(2, 5), isced_f="1013"),
            hours=CourseHours(classroom=Decimal(200), work_based=Decimal(150)),
            internship=True,
            exam=True,
            presentations=tuple(self._presentation() for _ in range(editions)),
        )

    def _presentation(self) -> Presentation:
        start = self.day()
        return Presentation(
            edition_id=self.key("ED"),
            start_on=start,
            end_on=start + timedelta(150),
            apply_until=start - timedelta(15),
            study_mode="part_time",
            delivery="presential",
            languages=("it",),
            venue="Sede formativa",
            places=self._random.randrange(12, 21),
        )

    def enrolment(self, measure: Measure, person_id: str, course: CourseOffering | None = None) -> Enrolment:
        """Give an enrolment under a measure, in an edition of the course or in the internship itself."""
        edition = None if course is None else self._random.choice(course.presentations).edition_id
        return Enrolment(
            revision=1,
            enrolment_id=self.key("IS"),
            person_id=person_id,
            policy_id=measure.policy_id or policy.policy_id(0, self.promoter_code(), "C06", FIRST_DAY),
            type="internship" if edition is None else "course",
            edition_id=edition,
            status="enrolled",
            requested_on=measure.proposed_on,
            started_on=measure.started_on,
            planned_hours=measure.planned_hours,
        )

    def attendance(self, enrolment: Enrolment, days: int) -> tuple[AttendanceDay, ...]:
        """Give the register of the first days of an enrolment."""
        first = enrolment.started_on or self.day()
        return tuple(self._attendance_day(enrolment, first + timedelta(number)) for number in range(days))

    def _attendance_day(self, enrolment: Enrolment, day: date) -> AttendanceDay:
        present = self._random.random() < 0.9  # noqa: PLR2004 - nine days in ten
        return AttendanceDay(
            attendance_id=f"{enrolment.enrolment_id}/{day}",
            enrolment_id=enrolment.enrolment_id,
            day=day,
            attendance="present" if present else "justified_absence",
            hours=Decimal("4.00") if present else Decimal(0),
            starts_at="09:00" if present else None,
            ends_at="13:00" if present else None,
            signed_by_trainee=present,
            signed_by_tutor=present,
        )

    def attendance_month(self, enrolment: Enrolment, days: Sequence[AttendanceDay]) -> AttendanceMonth:
        """Give the closing of the month in which the days stand."""
        month = f"{days[0].day:%Y-%m}"
        attended = sum((day.hours or Decimal(0) for day in days if f"{day.day:%Y-%m}" == month), Decimal(0))
        return AttendanceMonth(
            attendance_month_id=f"{enrolment.enrolment_id}/{month}",
            enrolment_id=enrolment.enrolment_id,
            month=month,
            attended_hours=attended,
            status="closed",
            amount_due=Decimal("500.00"),
        )

    def consent(self, pact: Pact) -> Consent:
        """Give a consent record for the pact's first employment centre."""
        return Consent(
            consent_id=self.key("CN"),
            person_id=pact.person_id,
            pact_id=pact.pact_id,
            organisation_scheme="cpi_11",
            organisation_id=self.promoter_code(),
            from_domain="social",
            granted=True,
            at=self._instant(pact.signed_on or self.day()),
        )

    def loan(self, pact: Pact) -> Loan:
        """Give a disbursed social loan of twelve instalments after the pact."""
        approved = self.day()
        amount = Decimal(self._random.randrange(12, 60) * 100)
        return Loan(
            loan_id=self.key("PR"),
            regime="social",
            borrower_id=pact.person_id,
            pact_id=pact.pact_id,
            amount=amount,
            months=12,
            auxiliary_services=("household_budget", "monitoring"),
            requested_on=approved - timedelta(40),
            approved_on=approved,
            disbursements=(Disbursement(on=approved, amount=amount, end_to_end_id=self.key("E2E")),),
            instalments=tuple(
                Instalment(no=no, due_on=approved + timedelta(30 * no), amount=amount / 12 // 1) for no in range(1, 13)
            ),
            status="repaying",
        )

    def visit(self, pact: Pact) -> Visit:
        """Give a visit of social monitoring."""
        on = (pact.signed_on or self.day()) + timedelta(30)
        return Visit(visit_id=self.key("VI"), pact_id=pact.pact_id, on=on, visitor="AS-01", place="home", progress=2)

    def monitoring_record(self, pact: Pact) -> MonitoringRecord:
        """Give an indicator value of the pact's first year."""
        first = pact.signed_on or self.day()
        return MonitoringRecord(
            record_id=self.key("MO"),
            subject="pact",
            subject_id=pact.pact_id,
            period_from=first,
            period_to=first + timedelta(365),
            indicator_code="CO01",
            value=Decimal(1),
            status="draft",
        )

    def dossier(self, course: CourseOffering | None = None, *, ambito: str | None = None, days: int = 5) -> Dossier:
        """Give a person with a pact, a measure, an enrolment (in the course, if given) and its first days."""
        person = self.person()
        pact = self.pact(person, ambito=ambito)
        measure = self.measure(pact)
        enrolment = self.enrolment(measure, pact.person_id, course)
        return Dossier(person, pact, (measure,), (enrolment,), self.attendance(enrolment, days))
