# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Write the table of who may do what from the published contract: `python -m tools.authority`.

The table is committed so that people can read and review it. A test calls every operation as every
role of every organisation and compares the answers with it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts.access import Role
from demo.chain import AGREEMENTS, GEMEENTEN, MANDATES, ORGANISATIONS, organisation_id
from gateway import rules
from tools.openapi import document, publishers, service_name

PAGE = Path(__file__).parents[1] / "docs" / "authority.md"
ON = date(2024, 11, 5)
"""The day of the second table: that of the demo."""

YES, NO, EVERYBODY = "yes", "–", "everybody"
_METHODS = ("get", "put", "post", "patch", "delete")
_ROW = re.compile(
    r"^\| `(?P<method>[A-Z]+) (?P<route>/\S+)` \| (?P<purpose>[^|]*) \|(?P<cells>.*)\|$", re.MULTILINE
)
_SIGHT = re.compile(r"^\| (?P<organisation>[^|`]+?) \| (?P<role>[a-z-]+) \|(?P<cells>.*)\|$", re.MULTILINE)

_TOP = """<!-- SPDX-FileCopyrightText: Open Inburgering contributors
     SPDX-License-Identifier: EUPL-1.2 -->
# Who may do what

Two questions are asked of each request. May somebody in this role do this at all? The first table
answers: one row per operation, one column per role. And for whose people? The second table answers for
the demo's chain: one row per organisation and role, one column per gemeente.

Both tables are made from the code with `.venv/bin/python -m tools.authority` and checked by
`tests/journey/test_authority_matrix.py`, which calls every operation as every role of every
organisation. An operation without a row fails that test: look at the new row, and commit it.

The gateway refuses what this page does not allow, each service checks it again from the signed grant,
and row-level security in the database hides the rows of every other gemeente. Whatever no service
documents does not exist (404).

"""

_ROLES = """## What each role may do

`yes` allows; `yes (purpose)` allows, but looks at people for that purpose and not for the one of the row;
`–` refuses with 403 `role-missing`; `everybody` needs no sign-in. The purpose is checked against the
mandate or the agreement: a look outside it is refused with 403 `agreement-missing`, which names what is
missing.

"""

_PEOPLE = f"""## Whose people each organisation sees

On {ON.isoformat()}, in the demo. A cell names the purposes for which people are seen; `figures` means
numbers without persons; `–` means nothing: asking for such a person answers 404, as if they did not exist.
A look at a person of a gemeente with `figures`, or for a purpose that is not named, answers 403
`agreement-missing`.

How it comes about: a gemeente that does its own work sees its people for every purpose (basis *own*). A
centre gemeente sees the people of a gemeente that gave it a mandate, for the mandated tasks (*mandate*).
The gemeente that gave the mandate keeps the tasks that it did not hand over (*retained*), and sees the
rest as far as a data agreement with the centre says (*agreement*); without one on person level, in
figures. VluchtelingenWerk sees people by its agreement with the gemeente (*agreement*), the Province
figures (*supervision*). Taalscholen, volunteers, partners and corporations see nobody by their role: they
see their own placements, clients, referrals and dwellings, which the service that owns those knows.
Operations and administration see no people at all.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """What the table says of one operation."""

    method: str
    route: str
    purpose: str
    cells: tuple[str, ...]  # one per role, in the order of `Role`

    @property
    def public(self) -> bool:
        """Whether it needs no sign-in."""
        return set(self.cells) == {EVERYBODY}

    @property
    def allowed(self) -> frozenset[str]:
        """The roles that may."""
        return frozenset(
            role.value for role, cell in zip(Role, self.cells, strict=True) if cell.startswith(YES)
        )

    def purpose_of(self, role: str) -> str:
        """Why this role looks at people with it."""
        cell = self.cells[[one.value for one in Role].index(role)]
        return cell.partition("(")[2].rstrip(")") or self.purpose


def rows_of(documents: Mapping[str, Mapping[str, Any]]) -> Iterator[Row]:
    """Yield a row per operation, from the OpenAPI document of each service by name."""
    for service, content in documents.items():
        for path, item in content["paths"].items():
            for method in _METHODS:
                if method in item:
                    yield _row(f"/{service}/v1{path}", method, item[method]["x-access"])


def _row(route: str, method: str, access: Mapping[str, Any]) -> Row:
    if access.get("public"):
        return Row(method.upper(), route, "", (EVERYBODY,) * len(Role))
    own = access.get("rolePurposes", {})
    cells = tuple(
        NO if role not in access["roles"] else f"{YES} ({own[role]})" if role in own else YES for role in Role
    )
    return Row(method.upper(), route, access["purpose"], cells)


def sight_of(scopes: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row of the second table from scopes by gemeentecode (level, purposes, basis)."""
    cells = []
    for code in GEMEENTEN:
        scope = scopes.get(code)
        if scope is None:
            cells.append(NO)
        elif scope.basis == "retained":
            cells.append(f"{', '.join(sorted(scope.purposes))} *(retained)*; figures of the rest")
        elif scope.level == "person":
            cells.append(f"{', '.join(sorted(scope.purposes))} *({scope.basis})*")
        else:
            cells.append(f"{scope.level} *({scope.basis})*")
    return tuple(cells)


def register() -> rules.Register:
    """Return the facts of the demo's chain."""
    parties = {
        organisation_id(one.slug): rules.Party(
            organisation_id(one.slug), one.name, tuple(one.kinds), one.gemeentecode, frozenset(one.serves)
        )
        for one in ORGANISATIONS
    }
    mandates = tuple(
        rules.Mandate(
            organisation_id(f"mandate-{one.by}-{one.to}"),
            one.by,
            one.to,
            frozenset(one.tasks),
            one.valid_from,
            None,
            one.source,
        )
        for one in MANDATES
    )
    agreements = tuple(
        rules.Agreement(
            organisation_id(one.name),
            one.name,
            organisation_id(one.provider),
            organisation_id(one.receiver),
            code,
            one.level,
            frozenset(one.purposes),
            one.valid_from,
            None,
        )
        for one in AGREEMENTS
        for code in one.gemeentecodes
    )
    return rules.Register(parties, mandates, agreements)


KIND_ROLES: Mapping[str, tuple[Role, ...]] = {
    "gemeente": (
        Role.CONSULENT,
        Role.KLANTMANAGER,
        Role.KWALITEITSMEDEWERKER,
        Role.POLICY_OFFICER,
        Role.CONTROLLER,
    ),
    "taalschool": (Role.TEACHER, Role.SCHOOL_SYSTEM),
    "vluchtelingenwerk": (Role.VWN_TEAM_LEADER, Role.VWN_VOLUNTEER),
    "woningcorporatie": (Role.CORPORATION,),
    "province": (Role.PROVINCE,),
    "participation-partner": (Role.PARTICIPATION_PARTNER,),
    "duo": (Role.DUO,),
    "coa": (Role.COA,),
    "operations": (Role.OPERATIONS, Role.ADMINISTRATOR),
}
"""Which roles the people and systems of each kind of organisation have."""


def page(documents: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the whole page."""
    lines = [_TOP, _ROLES]
    roles = " | ".join(role.value for role in Role)
    for service, content in documents.items():
        lines.append(f"### {service}: {content['info']['title']}\n\n")
        lines.append(f"| operation | purpose | {roles} |\n|---|---|{'---|' * len(Role)}\n")
        lines += [
            f"| `{row.method} {row.route}` | {row.purpose} | {' | '.join(row.cells)} |\n"
            for row in rows_of({service: content})
        ]
        lines.append("\n")
    lines.append(_PEOPLE)
    names = " | ".join(
        f"{next(one.name for one in ORGANISATIONS if one.gemeentecode == code)} {code}" for code in GEMEENTEN
    )
    lines.append(f"| organisation | role | {names} |\n|---|---|{'---|' * len(GEMEENTEN)}\n")
    facts = register()
    for one in ORGANISATIONS:
        for role in sorted({role for kind in one.kinds for role in KIND_ROLES[kind]}, key=list(Role).index):
            found = rules.scopes(facts, facts.parties[organisation_id(one.slug)], frozenset({role}), ON)
            lines.append(f"| {one.name} | {role.value} | {' | '.join(sight_of(found))} |\n")
    return "".join(lines)


def parse(text: str) -> tuple[dict[tuple[str, str], Row], dict[tuple[str, str], tuple[str, ...]]]:
    """Read the page back: rows by method and route, and sight by organisation and role."""

    def cells(match: re.Match[str]) -> tuple[str, ...]:
        return tuple(cell.strip() for cell in match["cells"].split("|"))

    operations = {
        (match["method"], match["route"]): Row(
            match["method"], match["route"], match["purpose"].strip(), cells(match)
        )
        for match in _ROW.finditer(text)
    }
    sight = {
        (match["organisation"], match["role"]): cells(match)
        for match in _SIGHT.finditer(text)
        if match["role"] in set(Role)
    }
    return operations, sight


def documents() -> dict[str, dict[str, Any]]:
    """Return the document of every service by name, from their own commands."""
    return {service_name(one): json.loads(document(one)) for one in sorted(publishers(), key=service_name)}


def main() -> None:
    """Write the page and say how many rows it has."""
    text = page(documents())
    PAGE.write_text(text, encoding="utf-8")
    operations, sight = parse(text)
    print(f"{PAGE.name}: {len(operations)} operations, {len(sight)} organisations and roles")


if __name__ == "__main__":
    main()
