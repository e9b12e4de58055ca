# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications, wired together: what comes in, what the clock asks, what people ask."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from chassis.care.expiry import EXPIRE_LOOKS
from chassis.care.keys import renewal
from chassis.service import Handler, Job, Service
from contracts import gateway, housing, intake, learning_routes
from contracts.deadlines import DeadlineMet, DeadlineSet, DeadlineWithdrawn
from services.notifications import api, events, jobs, models
from services.notifications.settings import NotificationsSettings
from services.notifications.store.holdings import CARE

__all__ = ["SERVICE"]

_CARE = replace(CARE, renewals=jobs.RENEWALS)


def _of_clocks(
    set_: type[DeadlineSet], met: type[DeadlineMet], withdrawn: type[DeadlineWithdrawn]
) -> tuple[Handler, ...]:
    """What is done with the three words that a service says on its clocks."""
    return (
        Handler(set_, apply_many=events.on_deadlines_set),
        Handler(met, apply_many=events.on_deadlines_met),
        Handler(withdrawn, apply_many=events.on_deadlines_withdrawn),
    )


SERVICE = Service(
    name="notifications",
    title="Termijnen en signalen",
    description=(
        "Bewaakt de termijnen van de keten, zet signalen op de werklijst van wie iets moet doen, en bezorgt ze ook"
        " per mail. De regel achter een termijn of signaal is van de dienst die hem stelt; hier staat wat er speelt,"
        " voor wie, en wat ermee is gedaan. Mails bevatten geen persoonsgegevens. Systemen van gemeenten kunnen"
        " gebeurtenissen ontvangen op een eigen adres."
    ),
    version="1.0.0",
    router=api.router,
    schema=models.SCHEMA,
    metadata=models.metadata,
    migrations=Path(__file__).parent / "migrations",
    settings=NotificationsSettings,
    handlers=events.also_to_webhooks(
        (
            Handler(gateway.GemeenteScopeSet, events.on_gemeente_scope_set),
            Handler(intake.InburgeraarRegistered, apply_many=events.on_inburgeraar_states),
            Handler(intake.InburgeraarMoved, apply_many=events.on_inburgeraar_states),
            Handler(intake.InburgeraarCorrected, apply_many=events.on_inburgeraars_corrected),
            Handler(intake.LeadAssigned, events.on_lead_assigned),
            Handler(intake.InburgeraarReduced, events.on_person_destruction, destroys=True),
            Handler(intake.InburgeraarDestroyed, events.on_person_destruction, destroys=True),
            *_of_clocks(intake.IntakeDeadlineSet, intake.IntakeDeadlineMet, intake.IntakeDeadlineWithdrawn),
            *_of_clocks(
                housing.HousingDeadlineSet, housing.HousingDeadlineMet, housing.HousingDeadlineWithdrawn
            ),
            *_of_clocks(
                learning_routes.LearningRoutesDeadlineSet,
                learning_routes.LearningRoutesDeadlineMet,
                learning_routes.LearningRoutesDeadlineWithdrawn,
            ),
            Handler(housing.KeyHandedOver, events.on_key_handed_over),
            Handler(housing.PersonNotHoused, events.on_person_not_housed),
            Handler(learning_routes.AbsenceSignalRaised, events.on_absence_signal_raised),
            Handler(learning_routes.SicknessSignalRaised, events.on_sickness_signal_raised),
            Handler(learning_routes.LessonHoursReached, events.on_lesson_hours_reached),
            Handler(learning_routes.RegistrationsMissing, events.on_registrations_missing),
            Handler(learning_routes.SignalWithdrawn, events.on_signal_withdrawn),
        )
    ),
    jobs=(
        Job("fire-deadlines", jobs.FIRE_EVERY, jobs.fire_deadlines),
        Job("send-mail", jobs.SEND_EVERY, jobs.send_mail),
        Job("send-webhooks", jobs.WEBHOOKS_EVERY, jobs.send_webhooks),
        Job("measure", jobs.MEASURE_EVERY, jobs.measure),
        Job("renew-keys", timedelta(hours=1), jobs.renew_keys),
        EXPIRE_LOOKS,
    ),
    lifespan=jobs.sending,
    work=(renewal(_CARE),),
    care=_CARE,
)
