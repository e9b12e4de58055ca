# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The wiring of housing."""

from dataclasses import replace
from pathlib import Path

from chassis.care.expiry import EXPIRE_LOOKS
from chassis.service import Handler, Service
from contracts.intake import (
    InburgeraarCorrected,
    InburgeraarDestroyed,
    InburgeraarMoved,
    InburgeraarReduced,
    InburgeraarRegistered,
)
from services.housing import events, jobs
from services.housing.actions.departures import part_with
from services.housing.api import router
from services.housing.models import SCHEMA, metadata
from services.housing.settings import HousingSettings
from services.housing.store.holdings import CARE

SERVICE = Service(
    name="housing",
    title="Huisvesting",
    description=(
        "Taakstelling en stand van de huisvesting, gekoppelde huishoudens, woningen van corporaties, "
        "matches en hun stappen, uitruil tussen gemeenten en de interventieladder."
    ),
    version="1.0.0",
    router=router,
    schema=SCHEMA,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    settings=HousingSettings,
    handlers=(
        Handler(InburgeraarRegistered, events.on_inburgeraar_state, versioned=True),
        Handler(InburgeraarCorrected, events.on_inburgeraar_state, versioned=True),
        Handler(InburgeraarMoved, events.on_inburgeraar_state, versioned=True),
        Handler(InburgeraarReduced, events.on_person_destruction, destroys=True),
        Handler(InburgeraarDestroyed, events.on_person_destruction, destroys=True),
    ),
    jobs=(jobs.FOLLOW_UPS, jobs.FORGET_INPUTS, jobs.SETTLE_SEARCHES, jobs.END_HOUSEHOLDS, EXPIRE_LOOKS),
    work=(jobs.HOUSEHOLD_FILES, jobs.DWELLING_FILES, jobs.SEARCHES, jobs.EXPLANATIONS),
    care=replace(CARE, parting=part_with),
)
