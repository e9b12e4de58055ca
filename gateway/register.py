# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register as a service: its API under `/gateway/v1`, its tables, what it is told."""

from pathlib import Path

from chassis.service import Service
from gateway.api import router
from gateway.models import SCHEMA, metadata
from gateway.settings import GatewaySettings

__all__ = ["SERVICE"]

SERVICE = Service(
    name="gateway",
    title="Toegang",
    description=(
        "Organisaties, leden en systemen, mandaten en gegevensovereenkomsten tussen gemeenten, "
        "en het lokale beleid van elke gemeente."
    ),
    version="1.0.0",
    router=router,
    schema=SCHEMA,
    metadata=metadata,
    migrations=Path(__file__).parent / "migrations",
    settings=GatewaySettings,
)
