# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an installation on one machine is told."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["BackupSettings", "DatabaseSettings", "MachineSettings"]


class MachineSettings(BaseSettings):
    """Settings of `open-inburgering demo` and `run-processes`, variables that begin with `OPEN_INBURGERING_`."""

    model_config = SettingsConfigDict(
        env_prefix="OPEN_INBURGERING_", env_file=None, extra="ignore", env_ignore_empty=True
    )

    data: Path | None = Field(
        None,
        description="Folder with the database, secrets, clock and logs of this machine; /var/lib/open-inburgering "
        "for root, ~/.local/share/open-inburgering for others",
    )
    port: int = Field(8000, ge=1, le=65535, description="Port of the gateway, on 127.0.0.1")
    database_prefix: str = Field(
        "open_inburgering",
        pattern=r"^[a-z][a-z0-9_]{0,40}$",
        description="With what the names of the databases begin that run-processes makes, one per service",
    )


class BackupSettings(BaseSettings):
    """What `open-inburgering backup` is told, beside the owners' addresses."""

    model_config = SettingsConfigDict(
        env_prefix="OPEN_INBURGERING_BACKUP_", env_file=None, extra="ignore", env_ignore_empty=True
    )

    recipients: str = Field(
        "",
        description="Public keys of age (age1…) with spaces between: who holds one of the private keys can read the "
        "backups. --recipient goes before it",
    )


class DatabaseSettings(BaseSettings):
    """The PostgreSQL that `run-processes` uses."""

    model_config = SettingsConfigDict(env_prefix="", env_file=None, extra="ignore", env_ignore_empty=True)

    database_url: SecretStr = Field(
        SecretStr(""),
        description="PostgreSQL address of a superuser, with which run-processes makes a database and two roles per "
        "service; not used where <SERVICE>_DATABASE_URL and <SERVICE>_OWNER_DATABASE_URL are set",
    )
