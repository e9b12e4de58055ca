# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the gateway is told."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_settings import SettingsConfigDict

from chassis.settings import ServiceSettings
from contracts.access import Role

__all__ = ["BUILT_IN", "ExternalIssuer", "GatewaySettings", "SignInDemand"]

_Word = Annotated[str, StringConstraints(pattern=r"^[!#-\[\]-~]{1,100}$")]  # fits within quotes of a header

BUILT_IN = "built-in"
"""How the register names the built-in issuer: its address differs per machine, the name does not."""


class SignInDemand(BaseModel):
    """How people of an issuer must have signed in for some work, beyond having its token (RFC 9470)."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    roles: frozenset[Role] = Field(
        default_factory=frozenset, description="Of whom it is asked; left out: of everybody"
    )
    operations: frozenset[str] = Field(
        default_factory=frozenset,
        description="For which operations, as <service>.<operationId>; left out: for all",
    )
    acr: tuple[_Word, ...] = Field(
        (), description="Levels (`acr`) of which one is enough, the preferred one first; left out: any"
    )
    amr: frozenset[_Word] = Field(
        default_factory=frozenset, description="Methods (`amr`) that must all have been used; left out: any"
    )
    max_age_seconds: int | None = Field(
        None, ge=60, le=43_200, description="Seconds that may have passed since the sign-in (`auth_time`)"
    )

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if not (self.acr or self.amr or self.max_age_seconds):
            raise ValueError("a demand names acr, amr or maxAgeSeconds, else it asks for nothing")
        return self


class ExternalIssuer(BaseModel):
    """An issuer of the outside world that is believed, for example a Keycloak realm."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")

    issuer: str = Field(description="Its `iss`, exactly")
    audience: str = Field(description="The `aud` that it puts in tokens for this platform")
    jwks_uri: str = Field("", description="Where its public keys are; left out: where its own document says")
    algorithm: Literal["RS256", "PS256", "ES256", "EdDSA"] = Field(
        description="The one algorithm that it signs with"
    )
    token_type: Literal["at+jwt", "JWT"] = Field(
        "at+jwt", description="The `typ` of its access tokens: at+jwt (RFC 9068), or JWT"
    )
    subject_claim: str = Field("sub", description="The claim that names the account of a person")
    client_claim: str = Field(
        "",
        description="The claim that only the token of a system has, and that names it; left out: a token is "
        "of a system when its `sub` is its own `client_id` (RFC 9068)",
    )
    logout_audience: str = Field(
        "portal", description="The client id under which its back-channel logout tokens come"
    )
    demands: tuple[SignInDemand, ...] = Field(
        (),
        description="How its people must have signed in for some work; left out: as they did for their token",
    )


class GatewaySettings(ServiceSettings):
    """Settings of the gateway, by environment variables that begin with `GATEWAY_`."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", env_file=None, extra="ignore", env_ignore_empty=True
    )

    upstreams: dict[str, str] = Field(
        default_factory=dict,
        description='Addresses of the services by name, as JSON: {"intake": "http://127.0.0.1:8001"}; '
        "not needed where they run in this process",
    )
    portal_url: str = Field("", description="Address of the portal, where it does not run in this process")
    internal_host: str = Field("127.0.0.1", description="Address of the listener for health and metrics")
    internal_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port of the listener for health and metrics, which in production are not on the "
        "front door; 0: there is none",
    )
    upstream_authority_file: Path | None = Field(
        None,
        description="Certificates (PEM) of the authority that signed those of the services and the portal: it alone is "
        "believed, and their addresses begin with https://; read again when it changes. Left out: for https the "
        "authorities of the machine",
    )
    upstream_limit: int = Field(
        128, ge=1, le=2000, description="Most requests that one service has at one time; more get 503"
    )
    upstream_deadline: float = Field(
        30.0, gt=0, le=300, description="Seconds that a service has to begin its answer"
    )
    upload_deadline: float = Field(120.0, gt=0, le=900, description="The same, for files that are sent in")
    state_dir: Path = Field(
        Path("var/gateway"),
        description="Folder in which the gateway keeps its keys; only it may read there",
    )
    grant_private_key: SecretStr = Field(
        SecretStr(""),
        description="Ed25519 private key (PEM) that signs grants; made in the state folder when empty, "
        "required in production",
    )
    bootstrap_file: Path | None = Field(
        None,
        description="JSON with the organisations, members and clients that must exist at the start, "
        "so that there is a first administrator; who is there keeps their roles, and stays inactive where they are",
    )
    audience: str = Field("open-inburgering", description="The `aud` of access tokens of the built-in issuer")
    issuers: list[ExternalIssuer] = Field(
        default_factory=list,
        description="Issuers that are believed, as a JSON list of {issuer, audience, algorithm} and, where they "
        "differ from what is usual, jwksUri, tokenType, subjectClaim, clientClaim, logoutAudience, and in demands the "
        "acr, amr and maxAgeSeconds of a sign-in per roles and operations (docs/identity.md)",
    )
    built_in_issuer: bool = Field(
        True, description="Whether the gateway issues tokens itself; it never does so in production"
    )
    token_seconds: int = Field(
        3600, ge=60, le=43_200, description="Lifetime of the access tokens of the built-in issuer"
    )
    portal_client_id: str = Field(
        "portal", description="Client id with which the portal signs people in at the built-in issuer"
    )
    portal_redirect_uris: list[str] = Field(
        default_factory=list,
        description="Addresses to which the built-in issuer may send people back, as a JSON list; "
        "all below the portal of the public address when empty",
    )
    cors_origins: list[str] = Field(
        default_factory=list,
        description="Origins (JSON list) whose pages may call the API in a browser",
    )
    caller_per_second: float = Field(
        200.0, gt=0, description="Requests a second that one person or system may make in the long run"
    )
    caller_burst: int = Field(1000, ge=1, description="Requests that one person or system may make at once")
    organisation_per_second: float = Field(
        600.0, gt=0, description="Requests a second that one organisation may make in the long run"
    )
    organisation_burst: int = Field(3000, ge=1, description="Requests that one organisation may make at once")
    address_per_second: float = Field(
        100.0, gt=0, description="Requests a second without a token from one network address"
    )
    trusted_proxies: list[IPvAnyNetwork] = Field(
        default_factory=list,
        description="Addresses or CIDR ranges (JSON list) of the proxies in front, whose X-Forwarded-For tells the "
        "address of the caller; of anybody else that header is ignored",
    )
    address_burst: int = Field(
        1000, ge=1, description="Requests at once without a token from one network address"
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _trust_somebody(cls, networks: list[IPvAnyNetwork]) -> list[IPvAnyNetwork]:
        if any(network.prefixlen == 0 for network in networks):
            raise ValueError("a range of all addresses trusts everybody; name the networks of the proxies")
        return networks
