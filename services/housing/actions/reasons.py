# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Why not, in words for a volunteer: each rule with the numbers that were looked at, and each price."""

from dataclasses import dataclass

from services.housing.solver import Instance
from services.housing.solver.instance import Dwelling, Household
from services.housing.solver.pairs import first_broken

__all__ = [
    "DWELLING_LEFT_OUT",
    "HOUSEHOLD_LEFT_OUT",
    "INPUT_GONE",
    "LIMIT",
    "PROPOSED",
    "TOGETHER",
    "UNDECIDED",
    "Reason",
    "broken_rule",
    "price_in_words",
]

HOUSEHOLD_LEFT_OUT = (
    "Dit huishouden deed niet mee aan deze zoekopdracht. Het had toen al een match, het had een huis en er werd "
    "geen ander gezocht, het werd teruggehouden, of het hoort bij een andere gemeente."
)
DWELLING_LEFT_OUT = (
    "Deze woning deed niet mee aan deze zoekopdracht. Er was toen al een match voor, zij werd niet "
    "aangeboden, of zij staat in een andere gemeente."
)
INPUT_GONE = "Wat deze zoekopdracht wist, wordt niet meer bewaard. Zoek opnieuw en stel de vraag daar."
PROPOSED = "Dit huishouden en deze woning zijn juist wel voorgesteld in deze zoekopdracht."
TOGETHER = (
    "Huishouden en woning passen bij elkaar, maar het kan niet samen met wat een mens heeft vastgezet. Maak "
    "eerst los wat hieronder staat en zoek daarna opnieuw."
)
LIMIT = (
    "Huishouden en woning passen bij elkaar, maar een grens van het geheel verbiedt het: het evenwicht bij "
    "uitruil, het aantal verhuizingen naar een andere gemeente, of het kleinste aantal dat samen een woning deelt."
)
UNDECIDED = (
    "Binnen de tijd is geen antwoord gevonden: met dit huishouden in deze woning kwam er geen verdeling uit die "
    "alle regels volgt. Stel de vraag opnieuw, of vraag het voor een andere woning."
)


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that a pair breaks."""

    rule: str  # H2 to H8, or H10
    text: str


def broken_rule(instance: Instance, household: str, dwelling: str) -> Reason | None:
    """The first rule that forbids a pair whatever becomes of all others, in the order H2 to H8.

    H10, of who moves on, comes before H5.
    """
    who, where = instance.households[household], instance.dwellings[dwelling]
    broken = first_broken(who, where)
    if broken is not None:
        tell = {"H2": _gemeente, "H3": _rent, "H4": _accessible, "H5": _room, "H10": _next_home}
        return Reason(broken.rule, tell[broken.rule](who, where))
    cap = instance.neighbourhoods[where.neighbourhood].cap
    if who.persons > cap:
        return Reason(
            "H6",
            f"In deze wijk {_may(cap)} nog komen wonen, om mensen over de wijken te spreiden. Dit huishouden "
            f"telt {_persons(who.persons)}.",
        )
    if instance.corporations[where.corporation].contingent == 0 and not where.let_this_year:
        return Reason("H7", "De corporatie wijst dit jaar in deze gemeente geen woningen meer toe.")
    if where.transit and instance.municipalities[where.municipality].transit_exits == 0:
        return Reason(
            "H8",
            "Dit is een doorstroomwoning: later moet er een vervolgwoning zijn. De zoekopdracht mocht er in deze "
            "gemeente geen gebruiken.",
        )
    return None


def _gemeente(who: Household, where: Dwelling) -> str:
    text = (
        f"De woning staat in gemeente {where.municipality}. Het huishouden is gekoppeld aan gemeente "
        f"{who.municipality} en "
    )
    if not who.exchange:
        return f"{text}stemde niet in met wonen in een andere gemeente."
    return f"{text}stemde alleen in met gemeente {' of gemeente '.join(str(one) for one in who.exchange)}."


def _rent(who: Household, where: Dwelling) -> str:
    return (
        f"De huur is {where.rent} euro per maand. Dit huishouden kan ten hoogste {who.rent_max} euro betalen."
    )


def _accessible(_who: Household, _where: Dwelling) -> str:
    return "Dit huishouden heeft een toegankelijke woning nodig, en deze woning is dat niet."


def _next_home(who: Household, where: Dwelling) -> str:
    if not where.permanent:
        return (
            "Dit huishouden woont al ergens voor een tijd en zoekt een woning om te blijven. In deze woning is het "
            f"verblijf ten hoogste {where.max_stay_months} maanden."
        )
    if who.moving_on is not None and where.id == who.moving_on.home:
        return "Dit huishouden woont al in deze woning en zoekt juist een andere."
    room = who.persons if who.moving_on is None else who.moving_on.room
    return (
        f"Dit huishouden verwacht gezin en zoekt plaats voor {_persons(room)}. De woning is voor ten hoogste "
        f"{_persons(where.max_persons)}."
    )


def _beside_others(who: Household, where: Dwelling) -> str:
    """Why a household gets no place in a home of which others hold a part."""
    if not where.places:
        return "Een deel van deze woning is al bezet, en de corporatie staat niet toe dat er iemand bij komt."
    held = 0 if where.held is None else where.held.places
    taken = f"Van deze gedeelde woning {'is 1 plaats' if held == 1 else f'zijn {held} plaatsen'} bezet"
    if who.persons != 1:
        return f"{taken}. Er kan alleen iemand bij die alleen is, en dit huishouden telt {_persons(who.persons)}."
    if not who.accepts_sharing:
        return f"{taken}. Dit huishouden stemde niet in met delen."
    return f"{taken}, door mensen van een andere groep dan die van dit huishouden."


def _room(who: Household, where: Dwelling) -> str:
    need = who.need(where)
    alone = who.persons == 1
    for_family = who.moving_on is not None and who.moving_on.room > 1
    if where.held is not None and not for_family:
        return _beside_others(who, where)
    if where.held is not None:
        return "Dit huishouden verwacht gezin en zoekt een hele woning. Van deze woning is een deel al bezet."
    if where.share_slots and alone and not for_family:
        if not who.accepts_sharing:
            return "Wie alleen is, kan deze woning alleen delen. Dit huishouden stemde niet in met delen."
        return (
            f"Deze woning wordt pas gedeeld vanaf {_persons(where.share_min)}, en er zijn "
            f"{where.share_slots} plaatsen."
        )
    family = f", met {_persons(need - who.persons)} gezin dat nog komt" if need > who.persons else ""
    if need > where.max_persons:
        return (
            f"De woning is voor ten hoogste {_persons(where.max_persons)}. Dit huishouden heeft plaats nodig "
            f"voor {need}{family}."
        )
    return (
        f"De woning is voor ten minste {_persons(where.min_persons)}, door haar grootte of een regel van de "
        f"corporatie. Dit huishouden heeft plaats nodig voor {need}{family}."
    )


def price_in_words(
    *, persons: int, weeks: int, points: int, losing: int, proven: bool, excluded: bool
) -> str:
    """What it costs others to give this dwelling to this household; negative numbers are gains."""
    told = ["Iemand had dit paar voor het zoeken uitgesloten."] if excluded else []
    costs = []
    if persons:
        many = abs(persons) != 1
        less = "minder" if persons > 0 else "meer"
        costs.append(f"{'krijgen' if many else 'krijgt'} {_persons(abs(persons))} {less} een huis")
    if weeks:
        less = "minder" if weeks > 0 else "meer"
        costs.append(f"telt het wachten {_points(abs(weeks))} {less}")
    if points:
        less = "slechter" if points > 0 else "beter"
        costs.append(f"passen de woningen samen {_points(abs(points))} {less}")
    if not costs:
        told.append(
            "Het mag, en het kost niets: de computer koos een andere verdeling die precies even goed is."
        )
    else:
        told.append(f"Het mag, maar dan {_listed(costs)}.")
    if losing:
        told.append(
            f"{'1 huishouden verliest zijn' if losing == 1 else f'{losing} huishoudens verliezen hun'} voorstel."
        )
    if not proven:
        told.append("Dit is gevonden binnen de tijd; het is niet bewezen dat het niet goedkoper kan.")
    return " ".join(told)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} en {parts[-1]}"


def _may(number: int) -> str:
    return "mag 1 persoon" if number == 1 else f"mogen {number} personen"


def _persons(number: int) -> str:
    return "1 persoon" if number == 1 else f"{number} personen"


def _points(number: int) -> str:
    return "1 punt" if number == 1 else f"{number} punten"
