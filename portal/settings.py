# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an operator can set for the portal. Each is read from the environment as `PORTAL_<NAME>`."""

from pathlib import Path

from pydantic import AliasChoices, AnyHttpUrl, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal.proof import ClientKeys

__all__ = ["PortalSettings"]


class PortalSettings(BaseSettings):
    """Settings of the portal; secrets have no default, so a portal without one refuses to start."""

    model_config = SettingsConfigDict(
        env_prefix="PORTAL_", extra="ignore", frozen=True, populate_by_name=True
    )

    gateway_url: AnyHttpUrl = Field(
        default=AnyHttpUrl("http://127.0.0.1:8000"),
        description="Address of the gateway as the portal's server reaches it.",
    )
    gateway_authority_file: Path | None = Field(
        default=None,
        description="Certificates (PEM) of the authority that signed the gateway's: it alone is believed there, and "
        "the address begins with https://; read again when it changes. Left out: for https the authorities of the "
        "machine.",
    )
    issuer_url: AnyHttpUrl | None = Field(
        default=None,
        description="Issuer that signs people in, when it is not the gateway's own (for example Keycloak). "
        "Its `/.well-known/openid-configuration` names the endpoints.",
    )
    public_url: AnyHttpUrl | None = Field(
        default=None,
        validation_alias=AliasChoices("PORTAL_PUBLIC_URL", "OPEN_INBURGERING_PUBLIC_URL"),
        description="Address of the portal as people reach it, without `/portal`. Left out: that of the whole "
        "platform (`OPEN_INBURGERING_PUBLIC_URL`), and without that the address of the request.",
    )
    client_id: str = Field(default="portal", description="Client id of the portal at the issuer.")
    audience: str | None = Field(
        default=None, description="Audience to ask an access token for, where the issuer needs to be told."
    )
    client_keys: SecretStr = Field(
        default=SecretStr(""),
        description="Private keys (PEM, one after the other) with which the portal proves itself at an external "
        "issuer (`private_key_jwt`). The first signs; the public halves of all are at `/portal/jwks.json`, so put "
        "a new key behind the old one first, and in front a day later. Left out: the portal is a public client.",
    )
    session_keys: SecretStr = Field(
        description="Keys that encrypt the session cookie (Fernet: 32 bytes in url-safe base64), comma-separated. "
        "The first encrypts, all decrypt: put a new key in front to rotate.",
    )
    session_hours: int = Field(
        default=10, ge=1, le=24, description="Hours after which a person signs in again, however busy."
    )

    @field_validator("client_keys")
    @classmethod
    def _readable(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value():
            ClientKeys(value.get_secret_value())
        return value

    secure_cookie: bool | None = Field(
        default=None, description="Send the cookie over https only. Left out: yes when the address is https."
    )
    theme_css: Path | None = Field(
        default=None,
        description="A tenant's own theme: one CSS file that sets design tokens on `.portal-theme`.",
    )
    help_url: str | None = Field(
        default=None, description="Where people find help; left out: the help page of the portal itself."
    )
    timeout_seconds: float = Field(
        default=15.0, gt=0, description="Seconds that the portal waits for an answer of the gateway."
    )
    upload_megabytes: int = Field(
        default=20,
        ge=1,
        le=20,
        description="Largest attendance file that the portal passes on, in megabytes.",
    )
    host: str = Field(default="127.0.0.1", description="Address on which the portal's own process listens.")
    port: int = Field(
        default=8010, ge=1, le=65535, description="Port on which the portal's own process listens."
    )
    tls_certificate_file: Path | None = Field(
        default=None,
        description="Certificate chain (PEM) with which the portal's own process answers over TLS alone; read again "
        "when it changes. Left out: plain HTTP.",
    )
    tls_key_file: Path | None = Field(
        default=None, description="Key (PEM) of that certificate; left out: it is in the same file."
    )
