# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an operator can tell the command."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["OperatorSettings"]


class OperatorSettings(BaseSettings):
    """How the command comes in where there is no demo, variables that begin with `OPEN_INBURGERING_`."""

    model_config = SettingsConfigDict(
        env_prefix="OPEN_INBURGERING_", env_file=None, extra="ignore", env_ignore_empty=True
    )

    token: SecretStr = Field(
        SecretStr(""), description="Access token with which every call is made, as `token` prints one"
    )
    issuer: str = Field(
        "", description="Address of the issuer of tokens; left out: the one that the gateway leads to"
    )
    client_id: str = Field("", description="How the operator's own system is called at the issuer")
    client_key_file: Path | None = Field(
        None,
        description="Private key (PEM) with which that system proves itself; with it each call gets a token of its own "
        "in time",
    )
