# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Register a person; what the platform refuses is shown at its field."""

from starlette.responses import Response

from portal.forms import Form
from portal.gateway import Fault, Json
from portal.visit import Visit
from portal.words import labels

__all__ = ["save", "show"]

PERSONS = "/intake/v1/inburgeraars"
GENDERS = {"female": "Vrouw", "male": "Man", "x": "X", "unknown": "Onbekend"}


async def show(visit: Visit) -> Response:
    """An empty form, with the own gemeente filled in."""
    values = {"gemeentecode": visit.person.gemeentecode or ""}
    return _draw(visit, Form(values))


async def save(visit: Visit) -> Response:
    """Register, and go to the new person's page."""
    form = Form.of(await visit.form())
    body: Json = {
        "givenNames": form.text("givenNames", required="Vul de voornamen in."),
        "familyName": form.text("familyName", required="Vul de achternaam in."),
        "birthDate": form.day("birthDate", required="Vul de geboortedatum in."),
        "gender": form.choice("gender", GENDERS, required="Kies het geslacht."),
        "group": form.choice("group", labels("group"), required="Kies de groep."),
        "permitType": form.choice("permitType", labels("permit"), required="Kies de verblijfsvergunning."),
        "gemeentecode": form.text("gemeentecode", required="Kies de gemeente."),
        "obligedOn": form.day(
            "obligedOn", required="Vul in vanaf welke dag de persoon inburgeringsplichtig is."
        ),
        "bsn": form.text("bsn"),
        "vNumber": form.text("vNumber"),
        "duoNoticeOn": form.day("duoNoticeOn"),
        "brpOn": form.day("brpOn"),
    }
    if not form.is_valid:
        return _draw(visit, form, status=400)
    given = {name: value for name, value in body.items() if value is not None}
    person = await form.sent(visit.gateway.post(PERSONS, given, key=form.values.get("key")))
    if isinstance(person, Fault):
        return _draw(visit, form, status=person.status)
    return visit.go(f"/portal/personen/{person['id']}", message="persoon-aangemeld")


def _draw(visit: Visit, form: Form, *, status: int = 200) -> Response:
    return visit.render("person/register.html", status=status, form=form, genders=GENDERS)
