# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What a register of algorithms asks of the search for matches, from how it is set now.

Fields after the Dutch standard for publishing algorithms (Algoritme Publicatiestandaard 1.0). What only the
organisation knows stays empty and is named, so that nobody takes a made-up owner for a fact.
"""

from dataclasses import fields
from datetime import date
from typing import Any

from services.housing.rules.following import LEAST_JUDGED
from services.housing.rules.terms import HOUSE_DAYS
from services.housing.solver import MODEL
from services.housing.solver.instance import Dwelling, Household
from services.housing.solver.pairs import TERMS

__all__ = ["RegisterEntry", "register_entry"]

RegisterEntry = dict[str, Any]

VERSION = "1.0.0"

_TO_FILL = {
    "organization": "organization",
    "department": "department",
    "website": "website",
    "dpia": "dpia",
    "iama": "iama",
    "contact_email": "contactEmail",
}
"""What only the organisation knows, and how the answer calls it."""

_WEIGHTS = {
    "fit": "0 tot en met 30: hoe goed de grootte past, verwacht gezin meegeteld",
    "work": "0 tot en met 20: hoe dicht bij het werk; 20 zonder werk",
    "family": "15 in de gemeente waar familie woont, of als daar niet om is gevraagd",
    "school": "15 met een school dichtbij, of als daar niet om is gevraagd",
    "permanence": "10 voor vast, 5 voor tijdelijk, 0 voor doorstroom",
    "own": "10 in de eigen gemeente",
    "wait": "1 minder voor elke week tot de sleutel, ten hoogste 10",
}


def register_entry(*, solver_seconds: int, today: date) -> RegisterEntry:
    """Return the entry: words about what it is for, and facts about how it is set."""
    return {
        **dict.fromkeys(_TO_FILL),
        "name": "Zoeken naar een woning voor statushouders",
        "description_short": (
            "Stelt voor welk huishouden van statushouders in welke woning past. Een mens van VluchtelingenWerk kiest, "
            "en de gemeente beslist."
        ),
        "type": "Regels en rekenmodel (geheeltallige optimalisatie); geen zelflerend algoritme, geen voorspelling",
        "category": ["Impactvol algoritme"],
        "status": "In gebruik",
        "goal": (
            "Zo veel mogelijk mensen van de taakstelling een huis geven, wie het langst te lang wacht eerst, in een "
            "woning die past."
        ),
        "impact": (
            "Bepaalt mee wie als eerste voor een woning wordt voorgesteld. Wie niet wordt voorgesteld, wacht langer."
        ),
        "proportionality": (
            "Met de hand, op volgorde van wachten, blijven meer mensen zonder huis bij dezelfde regels. "
            "Elke zoekopdracht "
            "toont dat verschil."
        ),
        "decision_making_process": (
            "Na elkaar, nooit gemengd: eerst zo weinig mogelijk personen achter op de taakstelling, dan wie het langst "
            f"boven de {HOUSE_DAYS // 7} weken wacht, dan hoe goed huishouden en woning passen (0 tot en met "
            f"100 punten)."
        ),
        "human_intervention": (
            "Het besluit is van mensen. VluchtelingenWerk leest elk voorstel met zijn redenen en wijkt af "
            "met een reden; "
            "de gemeente beoordeelt elke match apart. Mensen kunnen vooraf vastzetten, uitsluiten en laten wachten."
        ),
        "risk_management": (
            "Per kwartaal wordt geteld wie een huis kreeg en wie wacht, naar grootte, toegankelijkheid en "
            "gemeente. Wie een "
            "half jaar is gepasseerd, wordt een taak. Er wordt gemeld hoe vaak van een voorstel is afgeweken; na "
            f"{LEAST_JUDGED} beoordeelde voorstellen zonder afwijking volgt een waarschuwing. De uitkomst is "
            f"met de bewaarde "
            "invoer na te rekenen."
        ),
        "lawful_basis": [
            "Huisvestingswet 2014, artikel 28 en 29",
            "Algemene wet bestuursrecht, artikel 3:2 en 3:46",
            "AVG, artikel 6 lid 1 onder e; artikel 22: geen besluit zonder mens",
        ],
        "source_data": [
            *(f"huishouden: {one.name}" for one in fields(Household)),
            *(f"woning: {one.name}" for one in fields(Dwelling)),
        ],
        "never_used": ["herkomst", "nationaliteit", "taal", "geloof", "geslacht", "een voorspelling"],
        "methods_and_models": (
            "Drie geheeltallige programma's na elkaar, opgelost met HiGHS (open source). De uitkomst zegt "
            "of bewezen is dat "
            "het niet beter kan, en anders hoe ver hij van het beste af kan zijn."
        ),
        "weights": {term: _WEIGHTS[term] for term in TERMS},
        "provider": "Open Inburgering, open source (EUPL-1.2)",
        "standard_version": "1.0",
        "version": VERSION,
        "model": MODEL,
        "solver_seconds": solver_seconds,
        "generated_on": today,
        "to_fill": list(_TO_FILL.values()),
    }
