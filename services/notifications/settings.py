# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What notifications is told."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings

__all__ = ["NotificationsSettings"]


class NotificationsSettings(ServiceSettings):
    """Settings of notifications, from `NOTIFICATIONS_*`."""

    model_config = SettingsConfigDict(**{**ServiceSettings.model_config, "env_prefix": "NOTIFICATIONS_"})

    smtp_host: str = Field(
        "", description="The mail server; empty switches mail off: signals then appear in the portal only"
    )
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the mail server")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="How the connection to the mail server is protected"
    )
    smtp_username: str = Field("", description="Name at the mail server; empty sends without login")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the mail server")
    smtp_timeout_seconds: float = Field(
        10.0, gt=0, le=60, description="Longest wait for one answer of the mail server"
    )
    mail_from: str = Field(
        "Open Inburgering <niet-beantwoorden@open-inburgering.example>",
        description="Sender of every mail; the part after the @ also names the mails",
    )
    portal_url: str = Field(
        "",
        description="Address of the portal in mails, no slash at the end; empty is /portal at the public address",
    )
    mail_tries: int = Field(24, ge=1, le=100, description="Tries of one mail before operations is told")
    mail_first_wait_seconds: int = Field(
        30, ge=1, le=3600, description="Wait before the second try; doubles with each further one"
    )
    mail_longest_wait_seconds: int = Field(
        3600, ge=1, le=86400, description="Longest wait between two tries of one mail"
    )
    mail_batch: int = Field(10, ge=1, le=100, description="Mails that one worker claims at a time")
    deadline_batch: int = Field(
        200, ge=1, le=1000, description="Clocks that the deadline engine fires in one transaction"
    )
