# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The service as a value, and the same one without its reader."""

from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from bench.service.api import router
from bench.service.events import on_leads_assigned
from chassis.service import Handler, Service
from chassis.settings import ServiceSettings
from chassis.tables import chassis_tables
from contracts.intake import LeadAssigned

__all__ = ["QUIET", "SERVICE"]

_SCHEMA = "bench"
_METADATA = sa.MetaData(schema=_SCHEMA)
chassis_tables(_METADATA, _SCHEMA)

SERVICE = Service(
    name="bench",
    title="Meetdienst",
    description="Een dienst om het chassis mee te meten.",
    version="1.0.0",
    router=router,
    schema=_SCHEMA,
    metadata=_METADATA,
    migrations=Path(__file__).parent / "migrations",
    settings=ServiceSettings,
    handlers=(Handler(LeadAssigned, apply_many=on_leads_assigned),),
)

QUIET = replace(SERVICE, handlers=())
"""Without handlers: it needs no broker."""
