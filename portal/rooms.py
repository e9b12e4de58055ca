# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which pages are for which role: the navigation and the first page after signing in."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.session import Session

__all__ = [
    "ADMINISTRATOR",
    "CASE_WORK",
    "CORPORATION",
    "DECIDERS",
    "DESK",
    "FIGURES",
    "GEMEENTE",
    "MOVERS",
    "OPERATIONS",
    "PROVINCE",
    "QUALITY",
    "SCHOOL",
    "SUBSIDY",
    "VWN",
    "Link",
    "first_page",
    "housing_rooms",
    "navigation",
]

SCHOOL = ("teacher",)
CASE_WORK = ("consulent", "klantmanager")
QUALITY = ("kwaliteitsmedewerker",)
ADMINISTRATOR = ("administrator",)
OPERATIONS = ("operations", *ADMINISTRATOR)
DECIDERS = (*CASE_WORK, *QUALITY, "policy-officer")
GEMEENTE = (*DECIDERS, "controller")
VWN = ("vwn-team-leader",)
VOLUNTEER = ("vwn-volunteer",)
CORPORATION = ("corporation",)
PROVINCE = ("province",)
DESK = (*DECIDERS, *VWN)
MOVERS = (*DESK, *VOLUNTEER)
FIGURES = (*GEMEENTE, *VWN, *PROVINCE)
SUBSIDY = (*GEMEENTE, *VWN)  # the Province not: the size of a family can point at people


@dataclass(frozen=True, slots=True)
class Link:
    """One entry of the navigation."""

    href: str
    text: str
    current: bool = False


_ENTRIES: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (SCHOOL, "/portal/lessen", "Lessen"),
    (SCHOOL, "/portal/ontbrekend", "Nog in te vullen"),
    (SCHOOL, "/portal/groepen", "Groepen"),
    (SCHOOL, "/portal/aanleveren", "Bestand aanleveren"),
    (CASE_WORK, "/portal/mijn-dag", "Mijn dag"),
    (QUALITY, "/portal/goedkeuren", "Goedkeuren"),
    ((*CASE_WORK, *QUALITY, "policy-officer"), "/portal/personen", "Personen"),
    (GEMEENTE, "/portal/gemeente", "Mijn gemeente"),
    (PROVINCE, "/portal/toezicht", "Toezicht"),
    (DESK, "/portal/huisvesting", "Huisvesting"),
    (VOLUNTEER, "/portal/huisvesting/verhuizingen", "Verhuizingen"),
    (("controller", *PROVINCE), "/portal/huisvesting/taakstelling", "Taakstelling"),
    (CORPORATION, "/portal/woningen", "Woningen"),
    (OPERATIONS, "/portal/techniek", "Techniek"),
    (ADMINISTRATOR, "/portal/huisvesting/grote-gezinnen/voorwaarden", "Subsidie grote gezinnen"),
)

_HOUSING: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (DESK, "/portal/huisvesting", "Huishoudens en woningen"),
    (DESK, "/portal/huisvesting/voorstellen", "Zoeken"),
    (DECIDERS, "/portal/huisvesting/beoordelen", "Matches beoordelen"),
    (MOVERS, "/portal/huisvesting/verhuizingen", "Verhuizingen"),
    (FIGURES, "/portal/huisvesting/taakstelling", "Taakstelling"),
    ((*DECIDERS, *PROVINCE), "/portal/huisvesting/uitruil", "Uitruil"),
    (FIGURES, "/portal/huisvesting/opvang", "Opvang"),
    (FIGURES, "/portal/huisvesting/projecten", "Projecten"),
    (SUBSIDY, "/portal/huisvesting/grote-gezinnen", "Grote gezinnen"),
)


def navigation(session: Session | None, path: str) -> list[Link]:
    """The rooms of this person, the one that `path` is in marked."""
    return [] if session is None else _links(_ENTRIES, session, path)


def housing_rooms(session: Session, path: str) -> list[Link]:
    """The pages of the room of housing that are for this person; none where there is only one."""
    links = _links(_HOUSING, session, path)
    return links if len(links) > 1 else []


def _links(entries: Sequence[tuple[tuple[str, ...], str, str]], session: Session, path: str) -> list[Link]:
    rooms = [(href, text) for roles, href, text in entries if session.has_role(*roles)]
    current = max(
        (href for href, _ in rooms if path == href or path.startswith(f"{href}/")), key=len, default=None
    )
    return [Link(href, text, current=href == current) for href, text in rooms]


def first_page(session: Session) -> str | None:
    """Where the work of this person is; None for a role that has no room of its own yet."""
    return next((href for roles, href, _ in _ENTRIES if session.has_role(*roles)), None)
