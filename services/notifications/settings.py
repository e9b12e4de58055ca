# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What notifications is told."""

from functools import lru_cache
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.crypto import FieldCipher
from chassis.settings import ServiceSettings, platform_settings

__all__ = ["NotificationsSettings", "cipher_of"]


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
    encryption_keys: SecretStr = Field(
        SecretStr(""),
        description="Keys that encrypt the secrets of webhooks: kid:base64 of 32 bytes, several with commas; the "
        "first encrypts, all decrypt. Empty switches webhooks off",
    )
    webhook_ports: list[int] = Field(
        default_factory=lambda: [443, 8443],
        description="Ports (JSON list) at which receivers of events may listen",
    )
    webhook_loopback: bool = Field(
        False,
        description="Let receivers of events be on this machine, without TLS and at any port; refused in production",
    )
    webhook_hours: int = Field(
        48, ge=24, le=720, description="Hours for which an event is tried before it becomes a dead letter"
    )
    webhook_overlap_hours: int = Field(
        24,
        ge=0,
        le=168,
        description="Hours for which the former secret of a webhook still signs beside the new one",
    )
    webhook_receivers: int = Field(
        64, ge=1, le=1000, description="Receivers that one process serves at one time"
    )

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        cipher_of(self)
        if self.webhook_loopback and platform_settings().environment == "production":
            raise ValueError(
                "NOTIFICATIONS_WEBHOOK_LOOPBACK lets events go to this machine and is refused in production: remove it"
            )
        return self


def cipher_of(settings: NotificationsSettings) -> FieldCipher | None:
    """What opens the secrets of webhooks; None where webhooks are off.

    Raises:
        chassis.crypto.KeyRingError: the ring cannot be used.
    """
    return _cipher(settings.encryption_keys.get_secret_value())


@lru_cache(maxsize=8)
def _cipher(ring: str) -> FieldCipher | None:
    return FieldCipher.parse(ring) if ring else None
