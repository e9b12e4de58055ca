# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The terms of the subsidy for large families, old and new: which costs count, from what size, up to how much."""

from collections.abc import Sequence

from starlette.responses import Response

from portal.amounts import parse_euros
from portal.forms import Form
from portal.gateway import Fault, Json
from portal.pages.housing.who import HOUSING, rooms
from portal.rooms import ADMINISTRATOR
from portal.visit import Visit
from portal.words import labels

__all__ = ["record", "show"]

TERMS = f"{HOUSING}/subsidy-terms"
HERE = "/portal/huisvesting/grote-gezinnen/voorwaarden"
CORRECTABLE = {400, 403, 409}
MOST_CEILINGS = 20
FEWEST_ROWS = 3  # of the form for ceilings, one of them empty at least
MOST_PERSONS = 50
_CENTS = 100
_CEILING = ("persons", "cents")
_ROWS = range(1, MOST_CEILINGS + 1)


async def show(visit: Visit) -> Response:
    """All terms, the latest first; `vanaf` is the day whose terms the form begins with, to correct them."""
    return await _draw(visit, None)


async def record(visit: Visit) -> Response:
    """Record the terms that hold from a day on; they replace those of the same day."""
    form = Form.of(await visit.form())
    since = form.day("since", required="Vul in vanaf welke dag de voorwaarden gelden.")
    kinds = [kind for kind in labels("cost-kind") if form.values.get(f"kind-{kind}") == "ja"]
    if not kinds:
        form.errors["kinds"] = "Kies ten minste een soort kosten."
    least = _persons(form, "leastPersons", required="Vul in vanaf welke grootte een gezin meetelt.")
    body: Json = {
        "kinds": kinds,
        "leastPersons": least,
        "ceilings": _ceilings(form, least),
        "source": form.text("source", required="Schrijf op waar dit staat."),
    }
    if not form.is_valid:
        return await _draw(visit, form, status=400)
    answer = await form.sent(visit.gateway.put(f"{TERMS}/{since}", body), CORRECTABLE)
    if isinstance(answer, Fault):
        return await _draw(visit, form, status=answer.status)
    return visit.go(HERE, message="voorwaarden-vastgelegd")


def _persons(form: Form, name: str, *, required: str | None = None) -> int | None:
    found = form.number(name, required=required)
    if found is not None and not 1 <= found <= MOST_PERSONS:
        form.errors[name] = f"Vul een getal in van 1 tot en met {MOST_PERSONS}."
    return found


def _ceilings(form: Form, least: int | None) -> list[Json]:
    """The rows of the form that were filled in: from how many persons, and up to which amount."""
    found: list[Json] = []
    wrong = len(form.errors)
    for row in _ROWS:
        size, amount = (f"{name}-{row}" for name in _CEILING)
        persons = _persons(form, size)
        try:
            cents = parse_euros(form.text(amount))
        except ValueError:
            form.errors[amount] = "Vul een bedrag in, bijvoorbeeld 35000 of 693,10."
            continue
        if persons is not None and cents is None:
            form.errors.setdefault(amount, "Vul het bedrag in dat bij deze grootte hoort.")
        elif cents is not None and persons is None:
            form.errors.setdefault(size, "Vul in vanaf hoeveel personen dit bedrag geldt.")
        elif persons is not None:
            found.append({"fromPersons": persons, "cents": cents})
    if len(form.errors) > wrong:
        return found
    if not found:
        form.errors["persons-1"] = "Vul ten minste een maximum in."
    elif least is not None and min(one["fromPersons"] for one in found) > least:
        form.errors["persons-1"] = (
            f"Vul ook een maximum in vanaf {least} personen. Anders krijgt zo'n gezin niets."
        )
    return found


async def _draw(visit: Visit, form: Form | None, *, status: int = 200) -> Response:
    answer = await visit.gateway.get(TERMS)
    rows: Sequence[Json] = sorted(answer["rows"], key=lambda one: str(one["since"]))
    form = form or Form(_standing(rows, visit.query("vanaf")))
    last = max(
        (row for row in _ROWS if any(form.values.get(f"{name}-{row}") for name in _CEILING)), default=0
    )
    return visit.render(
        "housing/terms.html",
        status=status,
        rooms=rooms(visit),
        terms=list(reversed(_compared(rows))),
        writes=visit.person.has_role(*ADMINISTRATOR),
        ceilings=range(1, min(MOST_CEILINGS, max(FEWEST_ROWS, last + 1)) + 1),
        form=form,
    )


def _compared(rows: Sequence[Json]) -> list[Json]:
    """The terms in order, each beside those before it: the costs that came, and those that no longer count."""
    found: list[Json] = []
    for place, row in enumerate(rows):
        before = set(rows[place - 1]["kinds"]) if place else set(row["kinds"])
        found.append(
            {
                **row,
                "until": rows[place + 1]["since"] if place + 1 < len(rows) else None,
                "added": [kind for kind in row["kinds"] if kind not in before],
                "dropped": [kind for kind in labels("cost-kind") if kind in before - set(row["kinds"])],
            }
        )
    return found


def _standing(rows: Sequence[Json], asked: str | None) -> dict[str, str]:
    """The fields of the terms that were asked for as they stand; without, an empty form."""
    one = next((row for row in rows if row["since"] == asked), None)
    if one is None:
        return {}
    found = {"since": one["since"], "leastPersons": str(one["leastPersons"]), "source": one["source"]}
    found |= {f"kind-{kind}": "ja" for kind in one["kinds"]}
    for row, ceiling in enumerate(one["ceilings"], start=1):
        found[f"persons-{row}"] = str(ceiling["fromPersons"])
        found[f"cents-{row}"] = f"{ceiling['cents'] // _CENTS},{ceiling['cents'] % _CENTS:02}"
    return found
