# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What intake is told, and the keys made of it."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from chassis.crypto import BlindIndex, FieldCipher
from chassis.settings import ServiceSettings

__all__ = ["IntakeSettings", "Vault", "vault_of"]


@dataclass(frozen=True, slots=True)
class Vault:
    """The keys under which BSN and V-number are stored and found."""

    cipher: FieldCipher
    index: BlindIndex


class IntakeSettings(ServiceSettings):
    """What intake is told."""

    model_config = SettingsConfigDict(**{**ServiceSettings.model_config, "env_prefix": "INTAKE_"})

    encryption_keys: SecretStr = Field(
        description="Keys that encrypt BSN, V-number and earlier versions of a person: kid:base64 of 32 bytes, "
        "several with commas; the first encrypts, all decrypt. Make one with: openssl rand -base64 32"
    )
    index_keys: SecretStr = Field(
        description="Keys of the blind index by which a BSN or V-number is found, in the same form; "
        "never the same keys as for encryption"
    )
    death_grace_days: int = Field(
        0,
        ge=0,
        le=30,
        description="Days after the day of death during which a mistaken death can still be taken back; then all "
        "data of the person is destroyed. The law says at death: 0",
    )

    @model_validator(mode="after")
    def _keys_are_usable(self) -> Self:
        vault_of(self)
        encryption, index = (
            {part.strip().partition(":")[2] for part in ring.get_secret_value().split(",") if part.strip()}
            for ring in (self.encryption_keys, self.index_keys)
        )
        if encryption & index:
            raise ValueError("encryption_keys and index_keys share a key")
        return self


def vault_of(settings: IntakeSettings) -> Vault:
    """The keys of these settings, parsed once.

    Raises:
        chassis.crypto.KeyRingError: a ring cannot be used.
    """
    return _vault(settings.encryption_keys.get_secret_value(), settings.index_keys.get_secret_value())


@lru_cache(maxsize=8)
def _vault(encryption: str, index: str) -> Vault:
    return Vault(FieldCipher.parse(encryption), BlindIndex.parse(index))
