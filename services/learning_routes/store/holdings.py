# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What learning routes holds of a person: lessons and hours, no identity. All of it goes together."""

from chassis.care.holdings import Care, Holding, of_persons

__all__ = ["CARE"]

_PLACEMENTS = f"SELECT p.id FROM placement p WHERE {of_persons('p.inburgeraar_id')}"

CARE = Care(
    people="SELECT id FROM inburgeraar UNION SELECT inburgeraar_id FROM pip",
    gemeente="SELECT gemeentecode FROM inburgeraar WHERE id = :person",
    holdings=(
        Holding(
            "attendance_version",
            "Aanwezigheid, alle invoer",
            rows=f"attendance_id IN (SELECT a.id FROM attendance a WHERE {of_persons('a.inburgeraar_id')})",
        ),
        Holding("attendance", "Aanwezigheid bij lessen"),
        Holding(
            "signal",
            "Signalen",
            rows=f"({of_persons()} OR placement_id IN ({_PLACEMENTS}))",
        ),
        Holding("deadline", "Termijnen van plaatsingen"),
        Holding("waiting_entry", "Waarom iemand wacht op les"),
        Holding("membership", "Groepen waarin les werd gevolgd"),
        Holding(
            "scope",
            "Gemeente van persoon en plaatsing",
            rows=f"({of_persons('id')} OR id IN ({_PLACEMENTS}))",
        ),
        Holding("placement", "Plaatsingen bij taalscholen"),
        Holding("pip", "Leerroute uit het PIP"),
        Holding("inburgeraar", "Wet, groep en gemeente", rows=of_persons("id")),
    ),
    impersonal=frozenset(
        {"provider", "mark_period", "location", "contract", "contract_terms", "lesson_group", "lesson"}
    ),
)
"""What learning routes holds of a person."""
