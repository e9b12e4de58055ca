# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The woningcorporaties: who they are, the rules by which they let, and what they agreed to offer."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.members import is_id
from portal.pages.housing.sending import patch_form, post_form
from portal.pages.housing.who import HOUSING, choose, rooms
from portal.rooms import DECIDERS, DESK
from portal.visit import Visit
from portal.words import labels

__all__ = ["add", "add_agreement", "add_rule", "begin", "end_rule", "overview", "rename", "show"]

CORPORATIONS = f"{HOUSING}/corporations"
AGREEMENTS = f"{HOUSING}/performance-agreements"
HERE = "/portal/huisvesting/corporaties"
WITH_VALUE = ("full-occupation", "most-per-year")


async def overview(visit: Visit) -> Response:
    """The corporations with dwellings in one gemeente: the rules that hold today, and what was agreed this year."""
    chooser = await choose(visit)
    if chooser.code is None:
        return visit.render("housing/corporations.html", rooms=_rooms(visit), chooser=chooser)
    gateway = visit.gateway
    found = await gateway.items(CORPORATIONS, gemeentecode=chooser.code)
    found.sort(key=lambda one: (one["name"].casefold(), one["id"]))
    agreements, *rules = await gateway.all_of(
        gateway.items(AGREEMENTS, gemeentecode=chooser.code),
        *(gateway.items(f"{CORPORATIONS}/{one['id']}/rules") for one in found),
    )
    return visit.render(
        "housing/corporations.html",
        rooms=_rooms(visit),
        chooser=chooser,
        found=[
            {
                **one,
                "rules": told if isinstance(told, Fault) else _in_force(told, visit.today, chooser.code),
                "away": isinstance(told, Fault),
                "agreement": None
                if isinstance(agreements, Fault)
                else _this_year(agreements, one, visit.today),
            }
            for one, told in zip(found, rules, strict=True)
        ],
    )


async def begin(visit: Visit) -> Response:
    """The form for a corporation that is not on the list."""
    return await _draw_new(visit, Form())


async def add(visit: Visit) -> Response:
    """Put a corporation on the list."""
    form = Form.of(await visit.form())
    form.values.setdefault("gemeentecodes", "")
    codes = [code for code in labels("gemeente") if form.values.get(f"gemeente-{code}") == "ja"]
    if not codes:
        form.errors["gemeentecodes"] = "Kies ten minste een gemeente."
    body: Json = {
        "name": form.text("name", required="Vul de naam in."),
        "shortName": form.text("shortName"),
        "organisationId": form.text("organisationId", required="Kies de organisatie."),
        "gemeentecodes": codes,
    }
    return await post_form(
        visit,
        form,
        CORPORATIONS,
        body,
        draw=_draw_new,
        done=lambda made: visit.go(f"{HERE}/{made['id']}", message="corporatie-vastgelegd"),
    )


async def show(visit: Visit) -> Response:
    """One corporation: every rule with its days and its source, and agreed and offered dwellings per year."""
    return await _draw(visit, Form())


async def rename(visit: Visit) -> Response:
    """Give the corporation another name, or a short one for tables."""
    form = Form.of(await visit.form())
    body: Json = {
        "name": form.text("name", required="Vul de naam in."),
        "shortName": form.text("shortName"),
    }
    return await patch_form(
        visit,
        form,
        f"{CORPORATIONS}/{visit.path('corporation_id')}",
        body,
        version=form.values.get("nameVersion", ""),
        draw=_draw,
        done=_told(visit, "corporatie-gewijzigd"),
    )


async def add_rule(visit: Visit) -> Response:
    """Record a rule by which the corporation lets, from a day on."""
    form = Form.of(await visit.form())
    kind = form.choice("kind", labels("corporation-rule"), required="Kies de regel.")
    value = form.number("value")
    if kind in WITH_VALUE and value is None:
        form.errors.setdefault("value", "Vul bij deze regel het aantal in.")
    body: Json = {
        "kind": kind,
        "value": value if kind in WITH_VALUE else None,
        "gemeentecode": form.text("gemeentecode"),
        "validFrom": form.day("validFrom", required="Vul in vanaf welke dag de regel geldt."),
        "validUntil": form.day("validUntil"),
        "source": form.text("source", required="Schrijf op waar de regel staat."),
    }
    place = f"{CORPORATIONS}/{visit.path('corporation_id')}/rules"
    return await post_form(visit, form, place, body, draw=_draw, done=_told(visit, "regel-vastgelegd"))


async def end_rule(visit: Visit) -> Response:
    """Record the last day of a rule."""
    form = Form.of(await visit.form())
    rule_id = visit.path("rule_id")
    field = f"until-{rule_id}"
    until = form.day(field, required="Vul in tot en met welke dag de regel geldt.")
    return await patch_form(
        visit,
        form,
        f"{CORPORATIONS}/{visit.path('corporation_id')}/rules/{rule_id}",
        {"validUntil": until},
        version=form.values.get("ruleVersion", ""),
        draw=_draw,
        done=_told(visit, "regel-beeindigd"),
        named={"validUntil": field},
    )


async def add_agreement(visit: Visit) -> Response:
    """Record how many dwellings the corporation agreed to offer in a year."""
    form = Form.of(await visit.form())
    body: Json = {
        "gemeentecode": form.text("agreedIn", required="Kies de gemeente."),
        "year": form.number("year", required="Vul het jaar in."),
        "dwellings": form.number("dwellings", required="Vul het aantal woningen in."),
        "source": form.text("agreementSource", required="Schrijf op waar de afspraak staat."),
    }
    place = f"{CORPORATIONS}/{visit.path('corporation_id')}/performance-agreements"
    return await post_form(visit, form, place, body, draw=_draw, done=_told(visit, "afspraak-vastgelegd"))


async def mend_agreement(visit: Visit) -> Response:
    """Mend the number of an agreement, and where it stands."""
    form = Form.of(await visit.form())
    agreement_id = visit.path("agreement_id")
    number, place = f"agreed-{agreement_id}", f"stands-{agreement_id}"
    body: Json = {
        "dwellings": form.number(number, required="Vul het aantal woningen in."),
        "source": form.text(place, required="Schrijf op waar de afspraak staat."),
    }
    return await patch_form(
        visit,
        form,
        f"{AGREEMENTS}/{agreement_id}",
        body,
        version=form.values.get("agreementVersion", ""),
        draw=_draw,
        done=_told(visit, "afspraak-vastgelegd"),
        named={"dwellings": number, "source": place},
    )


def _told(visit: Visit, message: str) -> Callable[[Json], Response]:
    """Back to the page of this corporation, with what was done."""
    return lambda _: visit.go(f"{HERE}/{visit.path('corporation_id')}", message=message)


def _in_force(rules: Sequence[Json], today: date, code: str) -> list[Json]:
    day = today.isoformat()
    return [
        one
        for one in rules
        if one["validFrom"] <= day and not _is_over(one, day) and one["gemeentecode"] in {None, code}
    ]


def _is_over(rule: Json, day: str) -> bool:
    return rule["validUntil"] is not None and rule["validUntil"] < day


def _this_year(agreements: Sequence[Json], corporation: Json, today: date) -> Json | None:
    return next(
        (
            one
            for one in agreements
            if one["corporationId"] == corporation["id"] and one["year"] == today.year
        ),
        None,
    )


def _rooms(visit: Visit) -> list[object]:
    return rooms(visit, within="/portal/huisvesting") if visit.person.has_role(*DESK) else []


async def _draw_new(visit: Visit, form: Form, *, status: int = 200) -> Response:
    known, organisations = await visit.gateway.all_of(
        visit.gateway.items(CORPORATIONS),
        visit.gateway.items("/gateway/v1/organisations", kind="woningcorporatie"),
    )
    for answer in (known, organisations):
        if isinstance(answer, Fault):
            raise answer
    taken = {one["organisationId"] for one in known}
    return visit.render(
        "housing/corporation_new.html",
        status=status,
        rooms=_rooms(visit),
        options=_free(organisations, taken),
        form=form,
    )


def _free(organisations: Sequence[Json], taken: set[str]) -> Mapping[str, str]:
    """The organisations that are no corporation yet, by name."""
    rest = sorted((one for one in organisations if one["id"] not in taken), key=lambda one: str(one["name"]))
    return {str(one["id"]): str(one["name"]) for one in rest}


async def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    gateway, id_ = visit.gateway, visit.path("corporation_id")
    priced = visit.query("prijs")
    known, rules, agreements, *effect = await gateway.all_of(
        gateway.items(CORPORATIONS),
        gateway.items(f"{CORPORATIONS}/{id_}/rules"),
        gateway.items(AGREEMENTS, corporationId=id_),
        *([gateway.get(f"{CORPORATIONS}/{id_}/rules/{priced}/effect")] if priced and is_id(priced) else []),
    )
    for answer in (known, rules):
        if isinstance(answer, Fault):
            raise answer
    one = next((one for one in known if one["id"] == id_), None)
    if one is None:
        raise Fault(
            404, "not-found", "Deze corporatie is niet gevonden", "Ga terug naar de lijst van corporaties."
        )
    day = visit.today.isoformat()
    rules.sort(key=lambda rule: (_is_over(rule, day), rule["validFrom"], rule["id"]))
    if not isinstance(agreements, Fault):
        agreements.sort(key=lambda row: (-row["year"], row["gemeentecode"]))
        for row in agreements:
            form.values.setdefault(f"agreed-{row['id']}", str(row["dwellings"]))
            form.values.setdefault(f"stands-{row['id']}", row["source"])
    form.values.setdefault("name", one["name"])
    form.values.setdefault("shortName", one.get("shortName") or "")
    form.values.setdefault("nameVersion", str(one.get("version") or ""))
    form.values.setdefault("validFrom", day)
    form.values.setdefault("year", day[:4])
    return visit.render(
        "housing/corporation_rules.html",
        status=status,
        rooms=_rooms(visit),
        corporation=one,
        rules=rules,
        day=day,
        agreements=agreements,
        agreements_away=isinstance(agreements, Fault),
        on_desk=visit.person.has_role(*DESK),
        priced=priced,
        effect=effect[0] if effect else None,
        effect_away=bool(effect) and isinstance(effect[0], Fault),
        agrees=visit.person.has_role(*DECIDERS),
        own_codes=[visit.person.gemeentecode],
        gemeenten={code: labels("gemeente").get(code, code) for code in one["gemeentecodes"]},
        form=form,
    )
