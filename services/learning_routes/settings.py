# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What learning routes is told."""

from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings


class LearningRoutesSettings(ServiceSettings):
    """Settings of learning routes. Its numbers are law or contract, so they are data, not settings."""

    model_config = SettingsConfigDict(env_prefix="LEARNING_ROUTES_", extra="ignore", env_ignore_empty=True)
