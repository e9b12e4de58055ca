# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What changes for a household: what it agrees to, family that comes, and a conflict where it shares a home."""

from collections.abc import Callable

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from portal.forms import Form
from portal.gateway import Json
from portal.pages.housing import members
from portal.pages.housing.household import draw
from portal.pages.housing.sending import patch_form, post_form
from portal.pages.housing.who import HOUSING
from portal.rooms import DECIDERS, DESK
from portal.visit import Visit, page
from portal.words import labels

__all__ = ["routes"]

NO_DAY = "Vul de dag in."


async def consent(visit: Visit) -> Response:
    """Record that the household agrees to something."""
    form = Form.of(await visit.form())
    kind = form.choice(
        "consentKind", labels("consent-kind"), required="Kies waar het huishouden mee instemt."
    )
    other = form.choice("consentGemeente", labels("gemeente"))
    if kind == "exchange" and other is None:
        form.errors.setdefault("consentGemeente", "Kies de andere gemeente.")
    body: Json = {
        "kind": kind,
        "gemeentecode": other if kind == "exchange" else None,
        "givenOn": form.day("consentOn", required=NO_DAY),
    }
    return await post_form(
        visit,
        form,
        f"{_household(visit)}/consents",
        body,
        draw=draw,
        done=_told(visit, "toestemming-vastgelegd"),
        named={"kind": "consentKind", "gemeentecode": "consentGemeente", "givenOn": "consentOn"},
    )


async def revoke(visit: Visit) -> Response:
    """Record that the household takes a consent back."""
    form = Form.of(await visit.form())
    which = _chosen(form, "consent", "Kies welke toestemming het huishouden intrekt.")
    body: Json = {"revokedOn": form.day("revokedOn", required=NO_DAY)}
    return await post_form(
        visit,
        form,
        f"{_household(visit)}/consents/{which}/revocation",
        body,
        draw=draw,
        done=_told(visit, "toestemming-ingetrokken"),
    )


async def expect(visit: Visit) -> Response:
    """Record that family will follow."""
    form = Form.of(await visit.form())
    body: Json = {
        "persons": form.number("persons", required="Vul in hoeveel personen komen."),
        "adults": form.number("adults", required="Vul in hoeveel van hen volwassen zijn; 0 mag."),
        "expectedOn": form.day("expectedOn", required="Vul in wanneer zij worden verwacht."),
        "grantedOn": form.day("grantedOn"),
    }
    return await post_form(
        visit,
        form,
        f"{_household(visit)}/reunions",
        body,
        draw=draw,
        done=_told(visit, "nareis-vastgelegd"),
    )


async def reunion(visit: Visit) -> Response:
    """Record what happened with family that was expected: it came, was granted, comes later or not at all."""
    form = Form.of(await visit.form())
    which = _chosen(form, "reunion", "Kies om welk gezin het gaat.")
    what = form.choice("reunionWhat", labels("reunion-what"), required="Kies wat er is gebeurd.")
    on = form.day("reunionOn", required=NO_DAY)
    done = _told(visit, "gezin-is-er" if what == "arrivedOn" else "nareis-gewijzigd")
    named = dict.fromkeys(labels("reunion-what"), "reunionOn")
    if what == "arrivedOn":
        path = f"{HOUSING}/reunions/{which}/arrival"
        return await post_form(visit, form, path, {what: on}, draw=draw, done=done, named=named)
    return await patch_form(
        visit,
        form,
        f"{_household(visit)}/reunions/{which}",
        {str(what): on},
        version=form.values.get("householdVersion", ""),
        draw=draw,
        done=done,
        named=named,
    )


async def number(visit: Visit) -> Response:
    """Mend a wrong number of expected family, with the reason."""
    form = Form.of(await visit.form())
    which = _chosen(form, "countedReunion", "Kies om welk gezin het gaat.")
    body: Json = {
        "persons": form.number("rightPersons", required="Vul in hoeveel personen komen."),
        "adults": form.number("rightAdults", required="Vul in hoeveel van hen volwassen zijn; 0 mag."),
        "reason": form.text("numberReason", required="Schrijf op waarom het aantal niet klopte."),
    }
    if body["persons"] == 0:
        form.errors["rightPersons"] = "Komt er niemand meer? Kies dan hierboven: het gezin komt niet meer."
    return await patch_form(
        visit,
        form,
        f"{_household(visit)}/reunions/{which}",
        body,
        version=form.values.get("householdVersion", ""),
        draw=draw,
        done=_told(visit, "nareis-gewijzigd"),
        named={"persons": "rightPersons", "adults": "rightAdults", "reason": "numberReason"},
    )


async def conflict(visit: Visit) -> Response:
    """Record a conflict in the home that the household shares."""
    form = Form.of(await visit.form())
    body: Json = {
        "householdId": visit.path("household_id"),
        "occurredOn": form.day("occurredOn", required=NO_DAY),
        "kind": form.choice(
            "conflictKind", labels("conflict-kind"), required="Kies waar het conflict over gaat."
        ),
    }
    return await post_form(
        visit,
        form,
        f"{HOUSING}/dwellings/{visit.path('dwelling_id')}/conflicts",
        body,
        draw=draw,
        done=_told(visit, "conflict-vastgelegd"),
        named={"kind": "conflictKind"},
    )


async def solve(visit: Visit) -> Response:
    """Record that a conflict is over."""
    form = Form.of(await visit.form())
    which = _chosen(form, "conflict", "Kies welk conflict voorbij is.")
    return await post_form(
        visit,
        form,
        f"{HOUSING}/share-conflicts/{which}/solution",
        {"solvedOn": form.day("solvedOn", required=NO_DAY)},
        draw=draw,
        done=_told(visit, "conflict-voorbij"),
    )


def _chosen(form: Form, name: str, required: str) -> str | None:
    """The number of what was chosen from a list of the page."""
    value = form.text(name, required=required)
    if value is not None and not members.is_id(value):
        form.errors[name] = required
    return value


def _household(visit: Visit) -> str:
    return f"{HOUSING}/households/{visit.path('household_id')}"


def _told(visit: Visit, message: str) -> Callable[[Json], Response]:
    """Back to the page of this household, with what was done."""
    here = f"/portal/huisvesting/huishoudens/{visit.path('household_id')}"
    return lambda _: visit.go(here, message=message)


_HERE = "/huisvesting/huishoudens/{household_id:uuid}"
routes: list[BaseRoute] = [
    Route(
        f"{_HERE}/leden/{{member_id:uuid}}",
        page(members.show, *DECIDERS),
        methods=["GET"],
        name="household-member",
    ),
    Route(f"{_HERE}/leden/{{member_id:uuid}}", page(members.know, *DECIDERS), methods=["POST"]),
    Route(f"{_HERE}/toestemming", page(consent, *DESK), methods=["POST"]),
    Route(f"{_HERE}/toestemming/intrekken", page(revoke, *DESK), methods=["POST"]),
    Route(f"{_HERE}/nareis", page(expect, *DESK), methods=["POST"]),
    Route(f"{_HERE}/nareis/stand", page(reunion, *DESK), methods=["POST"]),
    Route(f"{_HERE}/nareis/aantal", page(number, *DESK), methods=["POST"]),
    Route(f"{_HERE}/woning/{{dwelling_id:uuid}}/conflict", page(conflict, *DESK), methods=["POST"]),
    Route(f"{_HERE}/conflict/voorbij", page(solve, *DESK), methods=["POST"]),
]
