# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What searches, files and other long work refuse."""

from chassis.errors import Conflict, InvalidInput

__all__ = [
    "HousingFileNotUsable",
    "JobCancelled",
    "JobOver",
    "NotInSearch",
    "PinExists",
    "PinsClash",
    "SearchInputGone",
    "SearchNotDone",
    "SearchNotPossible",
    "SearchRunning",
]


class HousingFileNotUsable(InvalidInput):
    """A file cannot be read, or its columns are wrong; nothing of it was kept."""

    code = "housing-file-not-usable"
    title = "Het bestand kan niet worden verwerkt"
    remedy = (
        "Onder 'errors' staat wat er niet klopt. Bewaar het bestand opnieuw als CSV of .xlsx en lever het "
        "nog eens aan. De kolommen staan in docs/housing-files.md."
    )


class JobOver(Conflict):
    """The work ended already."""

    code = "job-over"
    title = "Deze verwerking is al afgelopen"
    remedy = "Haal de verwerking op; 'status' zegt hoe zij afliep."


class JobCancelled(Conflict):
    """Somebody stopped the work."""

    code = "job-cancelled"
    title = "Deze verwerking is gestopt"
    remedy = "Er is niets bewaard. Vraag haar opnieuw als zij toch nodig is."


class SearchRunning(Conflict):
    """A search on this scope waits or runs."""

    code = "search-running"
    title = "Er loopt al een zoekopdracht voor deze gemeenten"
    remedy = "Wacht tot die klaar is, of stop haar: 'jobId' zegt welke het is."


class SearchNotPossible(Conflict):
    """The search cannot be done as asked; nothing was kept."""

    code = "search-not-possible"
    title = "Deze zoekopdracht kan niet"
    remedy = "De uitleg staat bij 'detail'. Pas de opdracht of de gegevens aan en vraag haar opnieuw."


class SearchNotDone(Conflict):
    """The search has no outcome: it runs, was stopped or failed."""

    code = "search-not-done"
    title = "Deze zoekopdracht heeft geen uitkomst"
    remedy = "Wacht tot zij klaar is, of zoek opnieuw en stel de vraag aan die zoekopdracht."


class SearchInputGone(Conflict):
    """What the search knew is no longer kept."""

    code = "search-input-gone"
    title = "Wat deze zoekopdracht wist, wordt niet meer bewaard"
    remedy = "Zoek opnieuw en stel de vraag aan de nieuwe zoekopdracht."


class NotInSearch(Conflict):
    """The household or the dwelling was not part of the search; `errors` say which."""

    code = "not-in-search"
    title = "Dit deed niet mee aan deze zoekopdracht"
    remedy = "Kies een huishouden dat toen wachtte en een woning die toen werd aangeboden, of zoek opnieuw."


class PinsClash(Conflict):
    """What people pinned contradicts the rules or each other; `errors` hold the smallest such set."""

    code = "pins-clash"
    title = "Wat is vastgezet, kan niet samen"
    remedy = "Onder 'errors' staat de kleinste groep die niet samen kan. Maak er één van los en zoek opnieuw."


class PinExists(Conflict):
    """The same was pinned before."""

    code = "pin-exists"
    title = "Dit is al vastgezet"
    remedy = "Haal op wat is vastgezet. Maak het zo nodig eerst los."
