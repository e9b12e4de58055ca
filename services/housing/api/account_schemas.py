# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the operations on the account take and answer. All numbers of people are persons."""

from datetime import date
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from fastapi import Query
from pydantic import AfterValidator, Field, PlainSerializer, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from chassis.errors import FieldError, InvalidInput
from chassis.schema import described
from chassis.web import Count, Day, DayOrNone, Gemeentecode, Instant, LongText, Schema, ShortText
from services.housing.rules.half_years import HalfYear, NoHalfYear
from services.housing.rules.law import LawSwitch

HalfYearText = Annotated[
    str,
    StringConstraints(max_length=20),
    Field(description="Halfjaar, zoals 2024-1 of 2024-2.", json_schema_extra={"pattern": "^[0-9]{4}-[12]$"}),
]
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)


def _in_the_books(day: date) -> date:
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise PydanticCustomError("books", "moet tussen 1990 en 2100 liggen")
    return day


BookDay = Annotated[Day, AfterValidator(_in_the_books)]
"""A day on which an account can be looked at or written."""


def check_period(first: date, last: date, *, parameter: str = "until") -> None:
    """Let only a period go on that ends on its first day or later; callers name its last day by `parameter`.

    Raises:
        InvalidInput: it ends before it begins.
    """
    if last < first:
        text = "De laatste dag ligt voor de eerste."
        raise InvalidInput(text, errors=[FieldError("before-start", text, parameter=parameter)])


Peildatum = Annotated[
    BookDay | None, Query(description="De dag waarvan de stand wordt gevraagd; leeg: vandaag.")
]

KnownOn = Annotated[
    BookDay | None,
    Query(
        alias="knownOn",
        description="Alleen met wat tot en met deze dag is vastgelegd; leeg: met alles wat nu bekend is.",
    ),
]

Ratio = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float, when_used="json"),
    WithJsonSchema({"type": "number"}),
]
"""A share or a number weighed by chances, two decimals."""

RatioOrNone = Annotated[
    Decimal | None,
    PlainSerializer(lambda value: None if value is None else float(value), when_used="json"),
    WithJsonSchema({"type": ["number", "null"]}),
]

Signed = Annotated[int, Field(ge=-1_000_000, le=1_000_000, strict=True)]
Year = Annotated[int, Field(ge=1990, le=2100, strict=True)]


def half_year_of(text: str, *, pointer: str | None = None, parameter: str | None = None) -> HalfYear:
    """The half-year that a caller spells.

    Raises:
        InvalidInput: it is spelled otherwise.
    """
    try:
        return HalfYear.parse(text)
    except NoHalfYear as fault:
        detail = (
            "Schrijf een halfjaar als 2024-1 (januari tot en met juni) of 2024-2 (juli tot en met december)."
        )
        raise InvalidInput(
            detail, errors=[FieldError("half-year", detail, pointer=pointer, parameter=parameter)]
        ) from fault


class TargetIn(Schema):
    """De taakstelling van een gemeente voor een halfjaar."""

    target: Count = described("Te huisvesten statushouders in dit halfjaar.")
    published_on: Day = described("De dag waarop de taakstelling is gepubliceerd.")
    correction_reason: LongText | None = described(
        "Verplicht als het halfjaar voorbij is: waarom de taakstelling toch verandert.", default=None
    )


class TargetVersionOut(Schema):
    """Een versie van de taakstelling, zoals gepubliceerd op een dag."""

    number: int
    target: int
    published_on: Day
    source: str = described("entered: ingevoerd; national: berekend uit het landelijke getal.")
    correction_reason: str | None
    recorded_at: Instant


class TargetOut(Schema):
    """De taakstelling van een halfjaar met alle versies; de laatst gepubliceerde telt."""

    gemeentecode: Gemeentecode
    half_year: HalfYearText
    target: int | None = described("De taakstelling die nu geldt, zonder uitruil; leeg als er geen is.")
    published_on: DayOrNone
    swapped: int = described("Wat afgesproken uitruil erbij of eraf doet.")
    below_zero: bool = described(
        "Of een uitruil meer van de taakstelling afhaalt dan ervan over is; spreek dan een uitruil terug af."
    )
    closed: bool = described("Of het halfjaar voorbij is.")
    versions: list[TargetVersionOut]


class AccountPeriodOut(Schema):
    """Een periode van de lopende rekening."""

    period: str = described("Halfjaar (2024-1) of jaar (2024).")
    year: int
    carried: int = described("Sluitstand van de periode ervoor.")
    corrections_at_opening: int = described("Correcties die op de eerste dag ingaan.")
    opening: int = described("Stand op de eerste dag; onder nul is voorsprong.")
    target: int = described("Taakstelling, uitruil meegeteld.")
    total: int = described("Opening plus taakstelling.")
    corrections: int = described("Correcties die later in de periode ingaan.")
    realised: int = described("Gehuisvest.")
    closing: int = described("Achterstand aan het einde of op de peildatum; onder nul is voorsprong.")
    target_known: bool = described("Of de taakstelling van elk halfjaar bekend is.")


class AccountFindingOut(Schema):
    """Een plek waar ingelezen cijfers zichzelf tegenspreken."""

    year: int
    kind: str = described("opening-differs: stand op 1 januari; total-differs: totale taakstelling.")
    printed: int = described("Wat er staat.")
    computed: int = described("Wat de cijfers ernaast opleveren.")


class BalanceOut(Schema):
    """De stand van een gemeente op een dag, met de hele rekening erachter."""

    gemeentecode: Gemeentecode
    peildatum: Day
    balance: int = described("Personen achter op de taakstelling; onder nul is voorsprong.")
    half_years: list[AccountPeriodOut] = described(
        "Per halfjaar; jaren van voor het platform staan als jaar."
    )
    years: list[AccountPeriodOut]
    findings: list[AccountFindingOut]
    missing_targets: list[str] = described("Begonnen perioden waarvan geen taakstelling bekend is.")


class BalanceRow(Schema):
    """De stand van een gemeente op een dag."""

    gemeentecode: Gemeentecode
    peildatum: Day
    balance: int
    target: int = described("Taakstelling van de lopende periode.")
    realised: int = described("Gehuisvest in de lopende periode.")


class HistoryRow(Schema):
    """Een jaar zoals een eerder overzicht het geeft."""

    year: Year = described("Het jaar.")
    opening: Signed = described("Stand op 1 januari, zoals het er staat.")
    target: Count = described("Taakstelling van het jaar.")
    total: Signed = described("Totale taakstelling, zoals het er staat.")
    realised: Count = described("Gehuisvest.")
    through: DayOrNone = described("Laatste dag die het cijfer dekt; leeg: 31 december.", default=None)


class HistoryIn(Schema):
    """De jaren van voor het platform, zonder gat."""

    source: ShortText = described("Waar de cijfers staan.")
    rows: list[HistoryRow] = described("Een rij per jaar, oudste eerst.", min_length=1, max_length=100)


class HistoryOut(Schema):
    """Wat er is ingelezen."""

    gemeentecode: Gemeentecode
    years: int
    findings: list[AccountFindingOut]


class AccountCorrectionIn(Schema):
    """Een correctie op de rekening."""

    counts_from: BookDay = described("De dag vanaf wanneer de correctie telt.")
    persons: Signed = described("Erbij bij de achterstand; onder nul eraf.")
    reason: LongText = described("Waarom.")


class AccountCorrectionOut(Schema):
    """Een correctie op de rekening."""

    id: UUID
    gemeentecode: Gemeentecode
    counts_from: Day
    persons: int
    kind: str = described("entered: ingevoerd; opening-differs: volgt uit ingelezen jaarcijfers.")
    reason: str
    recorded_at: Instant


class NationalTargetIn(Schema):
    """Het landelijke aantal van een halfjaar."""

    persons: Count = described("Te huisvesten statushouders in heel Nederland.")
    published_on: Day = described("De dag van publicatie.")
    reason: LongText | None = described("Verplicht bij een herziening.", default=None)


class NationalVersionOut(Schema):
    """Een versie van het landelijke aantal."""

    persons: int
    published_on: Day
    reason: str | None
    in_force: bool = described("Of dit getal nu geldt.")


class NationalTargetOut(Schema):
    """Het landelijke aantal van een halfjaar met alle versies."""

    half_year: HalfYearText
    publish_by: Day = described("Uiterste dag van publicatie: dertien weken voor het halfjaar.")
    inhabitants_on: Day = described("De dag waarvan de inwoners tellen.")
    versions: list[NationalVersionOut]
    shares: int = described("Gemeenten die hierdoor een nieuwe taakstelling kregen.")
    shares_sum: int = described(
        "Som van die taakstellingen; nooit onder het landelijke aantal als alles is geteld."
    )
    below_zero: list[Gemeentecode] = described(
        "Gemeenten waarvan een eerdere uitruil de taakstelling nu onder nul brengt; zij spreken een uitruil terug af."
    )


class InhabitantsRow(Schema):
    """De inwoners van een gemeente."""

    gemeentecode: Gemeentecode
    inhabitants: Count


class InhabitantsIn(Schema):
    """De inwoners op 1 januari van een jaar."""

    country: Count = described("Inwoners van Nederland.")
    gemeenten: list[InhabitantsRow] = described("Een rij per gemeente.", min_length=1, max_length=500)
    source: ShortText = described("Waar de cijfers staan, bijvoorbeeld CBS StatLine.")


class InhabitantsOut(Schema):
    """De inwoners op 1 januari van een jaar."""

    counted_on: Day
    country: int | None
    gemeenten: list[InhabitantsRow]


class LawSwitchIn(Schema):
    """Een wijziging van de wet, vanaf een dag."""

    on: bool = described("Of de wet dit vanaf die dag kent.", strict=True)
    source: ShortText = described("De wet, het besluit of de brief.")


class LawSwitchOut(Schema):
    """Hoe een onderdeel van de wet staat vanaf een dag."""

    switch: LawSwitch
    since: Day
    on: bool
    source: str


class LawSwitchesOut(Schema):
    """Hoe de wet op een dag staat, en alle rijen erachter."""

    peildatum: Day
    in_force: dict[str, bool]
    rows: list[LawSwitchOut]
