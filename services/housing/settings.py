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
    search_input_days: int = Field(
        default=60,
        ge=1,
        le=365,
        description="How many days the input of a search is kept, so that 'waarom niet?' can be asked of it.",
    )
