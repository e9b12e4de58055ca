# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Settings, read once at the start from the environment and handed down.

Every field has a description: `docs/settings.md` is generated from them.
"""

from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = [
    "NO_SECRET",
    "STANDING_CONNECTIONS",
    "KafkaSettings",
    "PlatformSettings",
    "ServiceSettings",
    "platform_settings",
]

NO_SECRET = "development-only"  # noqa: S105 - what stands for no secret, refused in production
STANDING_CONNECTIONS = 2
"""Connections that a process keeps beside those that requests, events and jobs take turns with: the relay has one
for as long as it leads, and the locks of all jobs lie on the other."""
_LEAST_CONNECTIONS = (
    STANDING_CONNECTIONS + 2
)  # two to work with: one long batch must not stand before all else
_CONFIG = SettingsConfigDict(env_file=None, extra="ignore", env_ignore_empty=True)


class PlatformSettings(BaseSettings):
    """What every process of the platform is told."""

    model_config = SettingsConfigDict(**{**_CONFIG, "env_prefix": "OPEN_INBURGERING_"})

    environment: Literal["development", "test", "production"] = Field(
        "development",
        description="production refuses the built-in issuer, demo identities, the demo clock and default secrets",
    )
    public_url: str = Field(
        "http://127.0.0.1:8000",
        description="The address of the gateway as the outside world calls it, without a slash at the end",
    )
    grant_public_key: str = Field(
        "", description="Public key (PEM) with which services check the gateway's grants"
    )
    oin: str = Field(
        "00000000000000000000",
        description="OIN (20 digits) of the organisation that runs the platform, in the source of its events",
        pattern=r"^\d{20}$",
    )
    clock: datetime | None = Field(
        None, description="An instant at which the demo clock starts; refused in production"
    )
    clock_file: Path | None = Field(
        None,
        description="File that the processes of a demo share to know the moved time; refused in production",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="What is logged")
    pseudonym_key: SecretStr = Field(
        SecretStr(NO_SECRET),
        description="Secret from which the pseudonyms in the processing log are made; in production the services and "
        "the gateway do not start without it",
    )
    fault: str = Field(
        "",
        description="Fault hook for tests: the name of a point where the process kills itself; refused in production",
    )

    @model_validator(mode="after")
    def _refuse_what_is_only_for_trying(self) -> Self:
        if self.environment != "production":
            return self
        wrong = []
        if self.fault:
            wrong.append("OPEN_INBURGERING_FAULT kills processes and is refused in production: remove it")
        wrong += [
            f"OPEN_INBURGERING_{name.upper()} moves the time and is refused in production: remove it"
            for name in ("clock", "clock_file")
            if getattr(self, name) is not None
        ]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


class KafkaSettings(BaseSettings):
    """Where the events go when each service is its own process."""

    model_config = SettingsConfigDict(**{**_CONFIG, "env_prefix": "KAFKA_"})

    bootstrap_servers: str = Field("", description="host:port of the Kafka brokers, separated by commas")
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT",
        description="How the brokers are reached; use SSL or SASL_SSL wherever the network is not yours alone",
    )
    ssl_cafile: Path | None = Field(
        None, description="Certificates of the authority that signed the brokers'"
    )
    ssl_certfile: Path | None = Field(None, description="Own certificate, where the brokers ask for one")
    ssl_keyfile: Path | None = Field(None, description="Key of the own certificate")
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="How the process proves itself with SASL"
    )
    sasl_username: str = Field("", description="Name of the process at the brokers, with SASL")
    sasl_password: SecretStr = Field(SecretStr(""), description="Its password, with SASL")
    topic_prefix: str = Field(
        "", description="Put before the names of topics and groups, where several platforms share a cluster"
    )
    replication: int = Field(1, ge=1, le=9, description="Copies of each partition when topics are made")


class ServiceSettings(BaseSettings):
    """What one service is told. A subclass sets `env_prefix`, for example `INTAKE_`."""

    model_config = SettingsConfigDict(**_CONFIG)

    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL address of the running role (owns nothing, no BYPASSRLS), as "
        "postgresql://user:password@host/database; with ?sslmode=verify-full&sslrootcert=FILE the server must show a "
        "certificate of that authority for its name",
    )
    owner_database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL address of the role that owns the schema; only `migrate` uses it",
    )
    pool_size: int = Field(
        8,
        ge=_LEAST_CONNECTIONS,
        le=50,
        description="Most connections of one process to the database at one time; two of them are kept for the relay "
        "and the locks of jobs",
    )
    host: str = Field("127.0.0.1", description="Address on which the process listens")
    port: int = Field(0, ge=0, le=65535, description="Port on which the process listens; 0 takes a free one")
    tls_certificate_file: Path | None = Field(
        None,
        description="Certificate chain (PEM) with which the process answers over TLS alone; read again when it "
        "changes. Left out: plain HTTP",
    )
    tls_key_file: Path | None = Field(
        None, description="Key (PEM) of that certificate; left out: it is in the same file"
    )


@lru_cache(maxsize=1)
def platform_settings() -> PlatformSettings:
    """The platform's settings of this process."""
    return PlatformSettings()
