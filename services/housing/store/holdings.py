# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What housing holds of a person: the household and all that became of it, which go with the last one known."""

from chassis.care.holdings import Care, Holding, of_persons

__all__ = ["CARE"]

_HOUSEHOLDS = f"SELECT h.id FROM household h WHERE {of_persons('h.inburgeraar_id')}"
_OF_HOUSEHOLD = f"household_id IN ({_HOUSEHOLDS})"
_MATCHES = f"SELECT m.id FROM match m WHERE m.household_id IN ({_HOUSEHOLDS})"

CARE = Care(
    people="SELECT id FROM inburgeraar UNION SELECT inburgeraar_id FROM household_member "
    "WHERE inburgeraar_id IS NOT NULL",
    gemeente="SELECT gemeentecode FROM inburgeraar WHERE id = :person",
    holdings=(
        Holding("move_item", "Wat er rond de verhuisdag te doen was", rows=f"match_id IN ({_MATCHES})"),
        Holding("stay", "Tijdelijk wonen", rows=_OF_HOUSEHOLD),
        Holding("share_conflict", "Conflicten in een gedeelde woning", rows=_OF_HOUSEHOLD),
        Holding("task", "Taken voor het huishouden", rows=_OF_HOUSEHOLD),
        Holding("deadline", "Termijnen van de huisvesting", rows=f"({of_persons()} OR {_OF_HOUSEHOLD})"),
        Holding("exchange_household", "Uitruil tussen gemeenten", rows=_OF_HOUSEHOLD),
        Holding(
            "explanation",
            "Waarom een woning niet is voorgesteld",
            # An answer about somebody else that names the household goes too.
            rows=f"({_OF_HOUSEHOLD} OR other_ids && ARRAY({_HOUSEHOLDS}))",
            concealed=frozenset({"others", "other_ids"}),
        ),
        Holding(
            "search_input",
            "Wat een zoekopdracht wist",
            rows=f"household_ids && ARRAY({_HOUSEHOLDS})",
            # The others of the same search stand in these.
            concealed=frozenset({"document", "options", "regions", "household_ids"}),
        ),
        Holding("proposal", "Voorstellen voor een woning", rows=_OF_HOUSEHOLD),
        Holding("pin", "Wat voor het zoeken is vastgezet", rows=_OF_HOUSEHOLD),
        Holding(
            "scope",
            "Gemeente van persoon, huishouden en match",
            rows=f"({of_persons('id')} OR id IN ({_HOUSEHOLDS}) OR id IN ({_MATCHES}))",
        ),
        Holding("match", "Matches met een woning", rows=_OF_HOUSEHOLD),
        Holding("consent", "Toestemmingen", rows=_OF_HOUSEHOLD),
        Holding("reunion", "Verwachte gezinshereniging", rows=_OF_HOUSEHOLD),
        Holding("household_member", "Leden van het huishouden", rows=f"({of_persons()} OR {_OF_HOUSEHOLD})"),
        Holding("household", "Huishouden en koppeling"),
        Holding("inburgeraar", "Wet, groep en gemeente", rows=of_persons("id")),
    ),
    impersonal=frozenset(
        {
            "corporation",
            "corporation_rule",
            "performance_agreement",
            "quarter",
            "flex_project",
            "dwelling",
            "urgency_rule",
            "exchange",
            "target_change",
            "realisation",
            "proposal_run",
            "account_correction",
            "annual_figure",
            "inhabitants",
            "law_switch",
            "national_target",
            "target_swap",
            "target_swap_party",
            "target_version",
            "action_plan",
            "forecast",
            "ladder_letter",
            "ladder_step",
            "measure_result",
            "plan_measure",
            "pipeline_project",
            "reception_site",
            "site_capacity",
            "site_distance",
            "site_residents",
            "subsidy_application",
            "subsidy_terms",
            "supply_fact",
            "team_capacity",
        }
    ),
)
"""What housing holds of a person."""
