# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The words in which the chain says who may do what: roles, purposes, kinds of organisation.

The gateway grants them, every operation of every service declares them, and the authority
table in `docs/authority.md` shows them to people.
"""

from enum import StrEnum


class OrganisationKind(StrEnum):
    """What an organisation is in the chain. One organisation may play several roles."""

    GEMEENTE = "gemeente"
    TAALSCHOOL = "taalschool"
    VLUCHTELINGENWERK = "vluchtelingenwerk"
    WONINGCORPORATIE = "woningcorporatie"
    PROVINCE = "province"
    PARTICIPATION_PARTNER = "participation-partner"
    DUO = "duo"
    COA = "coa"
    OPERATIONS = "operations"


class Role(StrEnum):
    """The fifteen roles of the chain (GW-01), and the administrator of the platform itself."""

    CONSULENT = "consulent"
    KLANTMANAGER = "klantmanager"
    KWALITEITSMEDEWERKER = "kwaliteitsmedewerker"
    POLICY_OFFICER = "policy-officer"
    CONTROLLER = "controller"
    TEACHER = "teacher"
    SCHOOL_SYSTEM = "school-system"
    VWN_TEAM_LEADER = "vwn-team-leader"
    VWN_VOLUNTEER = "vwn-volunteer"
    CORPORATION = "corporation"
    PROVINCE = "province"
    PARTICIPATION_PARTNER = "participation-partner"
    DUO = "duo"
    COA = "coa"
    OPERATIONS = "operations"
    ADMINISTRATOR = "administrator"


class Purpose(StrEnum):
    """Why personal data is looked at; an agreement between gemeenten names the ones it allows."""

    CASE_WORK = "case-work"
    EDUCATION = "education"
    GUIDANCE = "guidance"
    HOUSING = "housing"
    ENFORCEMENT = "enforcement"
    FINANCE = "finance"
    FIGURES = "figures"
    ADMINISTRATION = "administration"
    OPERATIONS = "operations"


class Level(StrEnum):
    """How much of one gemeente a caller may see."""

    PERSON = "person"
    FIGURES = "figures"
    NOTHING = "nothing"
