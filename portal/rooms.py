# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Which pages are for which role: the navigation and the first page after signing in."""

from dataclasses import dataclass

from portal.session import Session

__all__ = ["CASE_WORK", "GEMEENTE", "OPERATIONS", "QUALITY", "SCHOOL", "Link", "first_page", "navigation"]

SCHOOL = ("teacher",)
CASE_WORK = ("consulent", "klantmanager")
QUALITY = ("kwaliteitsmedewerker",)
OPERATIONS = ("operations", "administrator")
GEMEENTE = (*CASE_WORK, *QUALITY, "policy-officer", "controller")


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
    (OPERATIONS, "/portal/techniek", "Techniek"),
)


def navigation(session: Session | None, path: str) -> list[Link]:
    """The rooms of this person, the one that `path` is in marked."""
    if session is None:
        return []
    rooms = [(href, text) for roles, href, text in _ENTRIES if session.has_role(*roles)]
    current = max(
        (href for href, _ in rooms if path == href or path.startswith(f"{href}/")), key=len, default=None
    )
    return [Link(href, text, current=href == current) for href, text in rooms]


def first_page(session: Session) -> str | None:
    """Where the work of this person is; None for a role that has no room of its own yet."""
    return next((href for roles, href, _ in _ENTRIES if session.has_role(*roles)), None)
