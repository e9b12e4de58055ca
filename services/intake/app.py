# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Intake as a value: its doors, tables and settings."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from chassis.care.expiry import EXPIRE_LOOKS
from chassis.care.keys import renewal
from chassis.service import Handler, Job, Service
from contracts.gateway import GemeenteScopeSet, MemberSet, PolicySet
from contracts.learning_routes import PlacementEnded, PlacementMade
from services.intake import events, jobs
from services.intake.api import router
from services.intake.models import metadata
from services.intake.settings import IntakeSettings
from services.intake.store.retention import CARE

__all__ = ["SERVICE"]

_CARE = replace(CARE, renewals=jobs.RENEWALS)

SERVICE = Service(
    name="intake",
    title="Intake",
    description=(
        "Registreert inburgeraars en bepaalt welke wet, rechten en plichten gelden. Legt het PIP vast als besluit, "
        "in al zijn versies, en bewaakt de tien weken voor het PIP en de inburgeringstermijn."
    ),
    version="1.0.0",
    router=router,
    schema="intake",
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    settings=IntakeSettings,
    handlers=(
        Handler(PlacementMade, events.on_placement_made),
        Handler(PlacementEnded, events.on_placement_ended),
        Handler(PolicySet, events.on_policy_set),
        Handler(MemberSet, events.on_member_set, versioned="Member"),
        Handler(GemeenteScopeSet, events.on_gemeente_scope_set, versioned="GemeenteScope"),
    ),
    jobs=(
        Job("renew-keys", timedelta(hours=1), jobs.renew_keys),
        # At each start, and each day for a row of the terms that begins to hold meanwhile.
        Job("reckon-terms", timedelta(days=1), jobs.reckon_terms),
        Job("destroy-what-is-due", timedelta(minutes=10), jobs.destroy_what_is_due),
        EXPIRE_LOOKS,
    ),
    work=(renewal(_CARE),),
    care=_CARE,
)
