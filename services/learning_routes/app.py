# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The wiring of learning routes."""

from pathlib import Path

from chassis.care.expiry import EXPIRE_LOOKS
from chassis.service import Handler, Service
from contracts.intake import (
    InburgeraarCorrected,
    InburgeraarDestroyed,
    InburgeraarMoved,
    InburgeraarReduced,
    InburgeraarRegistered,
    PipSigned,
)
from contracts.notifications import SignalHandled
from services.learning_routes import events, jobs
from services.learning_routes.api import router
from services.learning_routes.models import SCHEMA, metadata
from services.learning_routes.settings import LearningRoutesSettings
from services.learning_routes.store.holdings import CARE

SERVICE = Service(
    name="learning-routes",
    title="Leerroutes",
    description=(
        "Aanbieders en hun keurmerk, contracten, plaatsingen, groepen, lessen, aanwezigheid, het urenoverzicht "
        "en de signalen die daaruit volgen."
    ),
    version="1.0.0",
    router=router,
    schema=SCHEMA,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    settings=LearningRoutesSettings,
    handlers=(
        Handler(InburgeraarRegistered, events.on_inburgeraar_state, versioned=True),
        Handler(InburgeraarCorrected, events.on_inburgeraar_state, versioned=True),
        Handler(InburgeraarMoved, events.on_inburgeraar_state, versioned=True),
        Handler(PipSigned, events.on_pip_signed),
        Handler(SignalHandled, events.on_signal_handled),
        Handler(InburgeraarReduced, events.on_person_destruction, destroys=True),
        Handler(InburgeraarDestroyed, events.on_person_destruction, destroys=True),
    ),
    jobs=(jobs.MISSING_REGISTRATIONS, EXPIRE_LOOKS),
    work=(jobs.ATTENDANCE_FILES,),
    care=CARE,
    lifespan=jobs.counting,
)
