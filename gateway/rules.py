# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Who may see what of which gemeente, as pure functions of facts and a day.

The facts are rows of the register: organisations, mandates (a gemeente has its work done by
another) and agreements (an organisation lets another see data). No role gives a look at people
by itself: it is always the own work of a gemeente, a mandate, or an agreement with a purpose.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from chassis.access import Scope
from contracts.access import OrganisationKind, Purpose, Role

PERSON_PURPOSES: frozenset[str] = frozenset(
    {
        Purpose.CASE_WORK,
        Purpose.EDUCATION,
        Purpose.GUIDANCE,
        Purpose.HOUSING,
        Purpose.ENFORCEMENT,
    }
)
"""The purposes for which work on people is done, and which a mandate can hand to another gemeente."""

OWN_PURPOSES: frozenset[str] = PERSON_PURPOSES | {
    Purpose.FINANCE,
    Purpose.FIGURES,
    Purpose.ADMINISTRATION,
}
"""What a gemeente that does its own work looks at its people for."""

TASK_PURPOSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "intake": frozenset({Purpose.CASE_WORK}),
        "pip": frozenset({Purpose.CASE_WORK}),
        "education": frozenset({Purpose.EDUCATION}),
        "guidance": frozenset({Purpose.GUIDANCE}),
        "housing": frozenset({Purpose.HOUSING}),
        "enforcement": frozenset({Purpose.ENFORCEMENT}),
        "finance": frozenset({Purpose.FINANCE}),
        "figures": frozenset({Purpose.FIGURES}),
    }
)
"""The tasks that a mandate can name, and what the executing gemeente then looks at people for."""

GEMEENTE_ROLES: frozenset[str] = frozenset(
    {
        Role.CONSULENT,
        Role.KLANTMANAGER,
        Role.KWALITEITSMEDEWERKER,
        Role.POLICY_OFFICER,
        Role.CONTROLLER,
    }
)
"""The roles of a gemeente's own people and systems."""

AGREEMENT_ROLES: frozenset[str] = frozenset({Role.VWN_TEAM_LEADER, Role.COA, Role.DUO})
"""The roles outside a gemeente that see its people where an agreement says so.

Teachers, volunteers, partners and corporations are not here: they see what is theirs (a
placement, a client, a referral, a dwelling) and the owning service knows which that is.
"""


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation of the chain."""

    id: UUID
    name: str
    kinds: tuple[str, ...]  # the main one first
    gemeentecode: str | None  # four digits, of a gemeente only
    serves: frozenset[str] = frozenset()  # the gemeenten that it works for, by code

    @property
    def kind(self) -> str:
        """What it is in the first place."""
        return self.kinds[0]


@dataclass(frozen=True, slots=True)
class Mandate:
    """A gemeente has tasks executed by another one."""

    id: UUID
    mandating_code: str  # the responsible gemeente
    executing_code: str
    tasks: frozenset[str]
    valid_from: date
    valid_until: date | None  # last day; None: until further notice
    source: str  # the document, for people

    def holds_on(self, day: date) -> bool:
        """Whether the mandate holds on a day, the first and the last day included."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)

    @property
    def purposes(self) -> frozenset[str]:
        """What the executing gemeente may look at people for."""
        return frozenset(purpose for task in self.tasks for purpose in TASK_PURPOSES[task])


@dataclass(frozen=True, slots=True)
class Agreement:
    """An organisation lets another see data of people of one gemeente, for named purposes."""

    id: UUID
    name: str
    provider_id: UUID  # who has the data
    receiver_id: UUID  # who may see it
    gemeentecode: str  # whose people it is about
    level: Literal["person", "figures"]
    purposes: frozenset[str]
    valid_from: date
    valid_until: date | None  # last day; None: until further notice

    def holds_on(self, day: date) -> bool:
        """Whether the agreement holds on a day, the first and the last day included."""
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


@dataclass(frozen=True, slots=True)
class Register:
    """The facts that scopes are computed from. At most one mandate holds per gemeente and task."""

    parties: Mapping[UUID, Party]
    mandates: tuple[Mandate, ...]
    agreements: tuple[Agreement, ...]

    def gemeente(self, code: str) -> Party | None:
        """The gemeente with this code, if it takes part."""
        for party in self.parties.values():
            if party.gemeentecode == code:
                return party
        return None


def scopes(
    register: Register, organisation: Party, roles: frozenset[str], today: date
) -> Mapping[str, Scope]:
    """Return what a member or client of an organisation may see, per gemeentecode.

    Only gemeenten that are the caller's in some way are in the answer. What is not there is not
    theirs: the services answer as if it did not exist.

    Args:
        register: all facts; those that do not hold today are ignored here.
        organisation: of the caller.
        roles: of the caller. Several may hold at once; the widest look counts.
        today: the legal day, Europe/Amsterdam.
    """
    if OrganisationKind.GEMEENTE in organisation.kinds and organisation.gemeentecode is not None:
        if roles.isdisjoint(GEMEENTE_ROLES):
            return MappingProxyType({})  # a technician of a gemeente sees no people
        return MappingProxyType(_of_gemeente(register, organisation, organisation.gemeentecode, today))
    found: dict[str, Scope] = {}
    if Role.PROVINCE in roles:
        found.update(_of_province(organisation))
    if not roles.isdisjoint(AGREEMENT_ROLES):
        found.update(_by_agreement(register, organisation, today))
    return MappingProxyType(found)


def executing_code(register: Register, code: str, today: date) -> str:
    """Return the gemeente that executes the work on people of this one: itself, unless mandated."""
    held = [m for m in register.mandates if m.mandating_code == code and m.holds_on(today)]
    # Several may hold at once, each for other tasks; the work on the case itself decides.
    held.sort(key=lambda m: (Purpose.CASE_WORK not in m.purposes, m.valid_from, str(m.id)))
    return held[0].executing_code if held else code


def _of_gemeente(register: Register, own: Party, code: str, today: date) -> dict[str, Scope]:
    found: dict[str, Scope] = {}
    given = [m for m in register.mandates if m.mandating_code == code and m.holds_on(today)]
    found[code] = (
        _client_gemeente(register, own, code, given, today)
        if given
        else Scope(level="person", purposes=OWN_PURPOSES, basis="own", executing=code)
    )
    taken = [m for m in register.mandates if m.executing_code == code and m.holds_on(today)]
    for mandate in sorted(taken, key=lambda m: (m.mandating_code, m.valid_from, str(m.id))):
        earlier = found.get(mandate.mandating_code)
        sources = mandate.source
        purposes = mandate.purposes
        if earlier is not None and earlier.basis == "mandate":
            purposes |= earlier.purposes
            sources = f"{earlier.agreement}; {mandate.source}"
        found[mandate.mandating_code] = Scope(
            level="person",
            purposes=purposes,
            basis="mandate",
            agreement=sources,
            missing=f"een taak in het mandaat '{sources}' die dit doel dekt",
            executing=executing_code(register, mandate.mandating_code, today),
        )
    return found


def _client_gemeente(register: Register, own: Party, code: str, given: list[Mandate], today: date) -> Scope:
    """The look of a gemeente at its own people whose work another one does.

    What it did not hand over it still does itself. For the rest it depends on the data agreement
    with the executing gemeente, and without one there are figures only.
    """
    handed = frozenset(purpose for mandate in given for purpose in mandate.purposes)
    kept = PERSON_PURPOSES - handed
    executing = executing_code(register, code, today)
    executor = register.gemeente(executing)
    executor_name = executor.name if executor else executing
    held = [
        agreement
        for agreement in register.agreements
        if agreement.receiver_id == own.id and agreement.gemeentecode == code and agreement.holds_on(today)
    ]
    person = [agreement for agreement in held if agreement.level == "person"]
    allowed = frozenset(purpose for agreement in person for purpose in agreement.purposes)
    wanted = f"gegevensovereenkomst op persoonsniveau tussen {executor_name} en {own.name}"
    if not person:
        figures = ", ".join(sorted(agreement.name for agreement in held)) or None
        if not kept:
            return Scope(
                level="figures",
                purposes=frozenset({Purpose.FIGURES}),
                basis="agreement",
                agreement=figures,
                missing=wanted,
                executing=executing,
            )
        return Scope(
            level="person",
            purposes=kept,
            # Whoever gave the case work away no longer acts, also where it kept another task.
            basis="own" if Purpose.CASE_WORK in kept else "retained",
            agreement=figures,
            missing=wanted,
            executing=executing,
        )
    names = ", ".join(sorted(agreement.name for agreement in person))
    return Scope(
        level="person",
        purposes=allowed | kept,
        basis="agreement",
        agreement=names,
        missing=(
            f"een grondslag voor dit doel in '{names}', die alleen inzage toestaat voor: "
            f"{', '.join(sorted(allowed))}"
        ),
        executing=executing,
    )


def _of_province(own: Party) -> dict[str, Scope]:
    """The supervision of a province: figures of the gemeenten in it, people of none."""
    return {
        code: Scope(
            level="figures",
            purposes=frozenset({Purpose.FIGURES}),
            basis="supervision",
            agreement="interbestuurlijk toezicht van de provincie",
            missing="een wettelijke grondslag voor inzage in personen door de provincie",
        )
        for code in sorted(own.serves)
    }


def _by_agreement(register: Register, own: Party, today: date) -> dict[str, Scope]:
    """The look of an organisation outside the gemeenten, by the agreements in which it receives."""
    grouped: dict[str, list[Agreement]] = {}
    for agreement in register.agreements:
        if agreement.receiver_id == own.id and agreement.holds_on(today):
            grouped.setdefault(agreement.gemeentecode, []).append(agreement)
    found: dict[str, Scope] = {}
    for code, held in sorted(grouped.items()):
        person = [agreement for agreement in held if agreement.level == "person"]
        counted = person or held
        names = ", ".join(sorted(agreement.name for agreement in counted))
        purposes = frozenset(purpose for agreement in counted for purpose in agreement.purposes)
        found[code] = Scope(
            level="person" if person else "figures",
            purposes=purposes if person else frozenset({Purpose.FIGURES}),
            basis="agreement",
            agreement=names,
            missing=(
                f"een grondslag voor dit doel in '{names}', die alleen inzage toestaat voor: "
                f"{', '.join(sorted(purposes))}"
            ),
            executing=executing_code(register, code, today),
        )
    return found


def partners(register: Register, code: str, today: date) -> frozenset[str]:
    """Return the gemeenten that work with this one under a mandate today, either way."""
    return frozenset(
        other
        for mandate in register.mandates
        if mandate.holds_on(today)
        for other in (mandate.mandating_code, mandate.executing_code)
        if code in (mandate.mandating_code, mandate.executing_code) and other != code
    )


def overlapping_tasks(mandates: Iterable[Mandate], new: Mandate) -> frozenset[str]:
    """Return the tasks of a new mandate that another one already hands over in the same period.

    To another gemeente also the tasks that need the same look at people count: intake and PIP
    cannot be done by two gemeenten at once, for neither could tell who acts.
    """
    return frozenset(
        task
        for mandate in mandates
        if mandate.mandating_code == new.mandating_code
        and mandate.id != new.id
        and (new.valid_until is None or mandate.valid_from <= new.valid_until)
        and (mandate.valid_until is None or new.valid_from <= mandate.valid_until)
        for task in new.tasks
        if task in mandate.tasks
        or (mandate.executing_code != new.executing_code and TASK_PURPOSES[task] & mandate.purposes)
    )
