# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What housing is told."""

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class HousingSettings(ServiceSettings):
    """Settings of housing. Its numbers are law or agreement, so they are data, not settings."""

    model_config = SettingsConfigDict(env_prefix="HOUSING_", extra="ignore", env_ignore_empty=True)

    solver_seconds: int = Field(
        default=60, ge=1, le=1800, description="How long one search for matches may compute, in seconds."
    )
