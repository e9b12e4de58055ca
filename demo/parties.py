# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The parties of the chain as the audit found them, and who works for them in the demo.

The organisations are real; the names of their people are made up.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.access import OrganisationKind, Role

__all__ = [
    "GEMEENTEN",
    "LEIDEN",
    "LEIDSCHENDAM_VOORBURG",
    "MEMBERS",
    "OEGSTGEEST",
    "ORGANISATIONS",
    "VOORSCHOTEN",
    "WASSENAAR",
    "Member",
    "Organisation",
    "member_id",
    "organisation_id",
]

LEIDEN = "0546"
OEGSTGEEST = "0579"
VOORSCHOTEN = "0626"
WASSENAAR = "0629"
LEIDSCHENDAM_VOORBURG = "1916"

GEMEENTEN = {
    LEIDEN: "gemeente-leiden",
    LEIDSCHENDAM_VOORBURG: "gemeente-leidschendam-voorburg",
    OEGSTGEEST: "gemeente-oegstgeest",
    VOORSCHOTEN: "gemeente-voorschoten",
    WASSENAAR: "gemeente-wassenaar",
}


def organisation_id(slug: str) -> UUID:
    """The id of an organisation of the demo, the same in every demo."""
    return uuid5(NAMESPACE_URL, f"https://open-inburgering.example/organisations/{slug}")


def member_id(name: str) -> UUID:
    """The id of a person or a client of the demo, the same in every demo."""
    return uuid5(NAMESPACE_URL, f"https://open-inburgering.example/members/{name}")


@dataclass(frozen=True, slots=True)
class Organisation:
    """A party of the chain. It may be more than one thing at a time."""

    slug: str
    name: str
    kinds: tuple[OrganisationKind, ...]
    gemeentecode: str | None = None  # of a gemeente: its own
    serves: tuple[str, ...] = ()  # of any other party: the gemeenten it works for


ORGANISATIONS: tuple[Organisation, ...] = (
    Organisation("gemeente-leiden", "Gemeente Leiden", (OrganisationKind.GEMEENTE,), LEIDEN),
    Organisation(
        "gemeente-leidschendam-voorburg",
        "Gemeente Leidschendam-Voorburg",
        (OrganisationKind.GEMEENTE,),
        LEIDSCHENDAM_VOORBURG,
    ),
    Organisation("gemeente-oegstgeest", "Gemeente Oegstgeest", (OrganisationKind.GEMEENTE,), OEGSTGEEST),
    Organisation("gemeente-voorschoten", "Gemeente Voorschoten", (OrganisationKind.GEMEENTE,), VOORSCHOTEN),
    Organisation("gemeente-wassenaar", "Gemeente Wassenaar", (OrganisationKind.GEMEENTE,), WASSENAAR),
    Organisation(
        "echt-nederlands",
        "Echt Nederlands",
        (OrganisationKind.TAALSCHOOL,),
        serves=(LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR),
    ),
    Organisation(
        "foxtaal",
        "Foxtaal",
        (OrganisationKind.TAALSCHOOL,),
        serves=(LEIDSCHENDAM_VOORBURG, VOORSCHOTEN, WASSENAAR),
    ),
    Organisation(
        "roc-mondriaan", "ROC Mondriaan", (OrganisationKind.TAALSCHOOL,), serves=tuple(sorted(GEMEENTEN))
    ),
    Organisation(
        "haagse-hogeschool",
        "De Haagse Hogeschool",
        (OrganisationKind.TAALSCHOOL,),
        serves=tuple(sorted(GEMEENTEN)),
    ),
    Organisation(
        "danner-en-danner", "Danner & Danner", (OrganisationKind.TAALSCHOOL,), serves=(LEIDEN, OEGSTGEEST)
    ),
    Organisation("nltraining", "NLtraining", (OrganisationKind.TAALSCHOOL,), serves=(LEIDEN, OEGSTGEEST)),
    Organisation(
        "vluchtelingenwerk",
        "VluchtelingenWerk",
        (OrganisationKind.VLUCHTELINGENWERK, OrganisationKind.TAALSCHOOL),
        serves=tuple(sorted(GEMEENTEN)),
    ),
    Organisation(
        "wassenaarsche-bouwstichting",
        "Wassenaarsche Bouwstichting",
        (OrganisationKind.WONINGCORPORATIE,),
        serves=(WASSENAAR,),
    ),
    Organisation(
        "willibrordus", "St. Willibrordus", (OrganisationKind.WONINGCORPORATIE,), serves=(WASSENAAR,)
    ),
    Organisation(
        "rijnhart-wonen",
        "Rijnhart Wonen",
        (OrganisationKind.WONINGCORPORATIE,),
        serves=(OEGSTGEEST, VOORSCHOTEN),
    ),
    Organisation(
        "de-sleutels", "De Sleutels", (OrganisationKind.WONINGCORPORATIE,), serves=(LEIDEN, VOORSCHOTEN)
    ),
    Organisation("vidomes", "Vidomes", (OrganisationKind.WONINGCORPORATIE,), serves=(LEIDSCHENDAM_VOORBURG,)),
    Organisation(
        "wooninvest", "WoonInvest", (OrganisationKind.WONINGCORPORATIE,), serves=(LEIDSCHENDAM_VOORBURG,)
    ),
    Organisation(
        "provincie-zuid-holland",
        "Provincie Zuid-Holland",
        (OrganisationKind.PROVINCE,),
        serves=tuple(sorted(GEMEENTEN)),
    ),
    Organisation("operations", "Beheer van Open Inburgering", (OrganisationKind.OPERATIONS,)),
)


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody, or a system, that signs in to the demo under its own `name`."""

    name: str
    display_name: str
    organisation: str
    roles: tuple[Role, ...]
    kind: Literal["person", "client"] = "person"

    @property
    def id(self) -> UUID:
        """The same in every demo."""
        return member_id(self.name)


_LV = "gemeente-leidschendam-voorburg"

MEMBERS: tuple[Member, ...] = (
    Member("teacher-echt-nederlands", "Marieke van Dalen", "echt-nederlands", (Role.TEACHER,)),
    Member("teacher-foxtaal", "Joost Hendriks", "foxtaal", (Role.TEACHER,)),
    Member(
        "system-echt-nederlands",
        "Leerlingvolgsysteem van Echt Nederlands",
        "echt-nederlands",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member("system-foxtaal", "Leerlingvolgsysteem van Foxtaal", "foxtaal", (Role.SCHOOL_SYSTEM,), "client"),
    Member(
        "system-roc-mondriaan",
        "Studentenadministratie van ROC Mondriaan",
        "roc-mondriaan",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member(
        "system-danner-en-danner",
        "Leerlingvolgsysteem van Danner & Danner",
        "danner-en-danner",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member(
        "system-nltraining",
        "Leerlingvolgsysteem van NLtraining",
        "nltraining",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member(
        "system-vluchtelingenwerk",
        "Leerlingvolgsysteem van VluchtelingenWerk",
        "vluchtelingenwerk",
        (Role.SCHOOL_SYSTEM,),
        "client",
    ),
    Member("consulent-lv", "Annelies Brouwer", _LV, (Role.CONSULENT,)),
    Member("consulent-lv-2", "Rachid Amrani", _LV, (Role.CONSULENT,)),
    Member("consulent-lv-3", "Petra Kuipers", _LV, (Role.CONSULENT,)),
    Member("kwaliteitsmedewerker-lv", "Wouter Schouten", _LV, (Role.KWALITEITSMEDEWERKER,)),
    Member("consulent-leiden", "Saskia de Graaf", "gemeente-leiden", (Role.CONSULENT,)),
    Member("klantmanager-oegstgeest", "Hanneke Postma", "gemeente-oegstgeest", (Role.KLANTMANAGER,)),
    Member("policy-oegstgeest", "Bram Verhoeven", "gemeente-oegstgeest", (Role.POLICY_OFFICER,)),
    Member("policy-wassenaar", "Eveline van Rijn", "gemeente-wassenaar", (Role.POLICY_OFFICER,)),
    Member("policy-voorschoten", "Koen Dijkstra", "gemeente-voorschoten", (Role.POLICY_OFFICER,)),
    Member("controller-wassenaar", "Ingrid Blok", "gemeente-wassenaar", (Role.CONTROLLER,)),
    Member("vwn-team-leader", "Jolanda Smit", "vluchtelingenwerk", (Role.VWN_TEAM_LEADER,)),
    Member("vwn-volunteer", "Theo van Leeuwen", "vluchtelingenwerk", (Role.VWN_VOLUNTEER,)),
    Member("corporation-wassenaarsche", "Monique Bakker", "wassenaarsche-bouwstichting", (Role.CORPORATION,)),
    Member("province", "Jeroen Vermeulen", "provincie-zuid-holland", (Role.PROVINCE,)),
    Member("operations", "Beheerder van dienst", "operations", (Role.OPERATIONS,)),
    Member("administrator", "Hoofdbeheerder", "operations", (Role.ADMINISTRATOR,)),
)
