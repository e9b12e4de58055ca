# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What an operator asks inside the platform, from the container of a process: with its settings, and so with its TLS.

There is no curl in the image, the network of the services has no way in, and what they listen to is told them by
the same variables. Each process is asked in its own container; the gateway's can ask all of them. As little as can be
is imported: this takes of the memory that the process itself may have.
"""

import json
import os
import ssl
from dataclasses import dataclass
from typing import Any

import httpx

from chassis.settings import KafkaSettings, ServiceSettings
from gateway.settings import GatewaySettings

__all__ = ["Asked", "CannotLook", "Place", "ask_health", "ask_metrics", "place_of", "topics_of_broker"]

_SECONDS = 5.0
_OK = 200


class CannotLook(Exception):
    """There is no answer; the text says what that means."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a process answers, and whose certificate is believed there."""

    address: str
    context: ssl.SSLContext | None


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer."""

    well: bool
    text: str


def place_of(name: str) -> Place:
    """Where a process tells its health and metrics, as seen from this container.

    Raises:
        CannotLook: neither it nor the gateway runs with these settings.
        ValidationError, SettingsError: a setting is wrong.
    """
    prefix = f"{name.replace('-', '_').upper()}_"
    own = ServiceSettings(_env_prefix=prefix)
    gateway = GatewaySettings()
    # The image names the ports of all processes; only what else a process is told says which one this is.
    if own.database_url.get_secret_value() or own.tls_certificate_file or (name == "portal" and _is_portal()):
        return _here(gateway.internal_port if name == "gateway" else own.port, own)
    known = {**gateway.upstreams, **({"portal": gateway.portal_url} if gateway.portal_url else {})}
    if name in known:
        return _from_the_gateway(known[name], gateway)
    raise CannotLook(
        f"The settings here are not those of {name}, nor of a gateway that knows it: run this in its container."
    )


def _is_portal() -> bool:
    return bool(os.environ.get("PORTAL_SESSION_KEYS"))


def _here(port: int, own: ServiceSettings) -> Place:
    if own.tls_certificate_file is None:
        return Place(f"http://127.0.0.1:{port}", None)
    # It must show that same certificate; its name is not looked at, since this is the container itself.
    context = ssl.create_default_context(cafile=own.tls_certificate_file)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.check_hostname = False
    return Place(f"https://127.0.0.1:{port}", context)


def _from_the_gateway(address: str, gateway: GatewaySettings) -> Place:
    if gateway.upstream_authority_file is None:
        return Place(address, None)
    context = ssl.SSLContext(
        ssl.PROTOCOL_TLS_CLIENT
    )  # as chassis.tls makes it: this authority alone, and the name
    context.load_verify_locations(cafile=gateway.upstream_authority_file)
    return Place(address, context)


def _get(place: Place, path: str) -> httpx.Response:
    verify: ssl.SSLContext | bool = True if place.context is None else place.context
    try:
        with httpx.Client(verify=verify, timeout=_SECONDS, trust_env=False) as client:
            return client.get(place.address + path)
    except httpx.TimeoutException as fault:
        raise CannotLook(
            f"{place.address} takes the call and gives no answer in {_SECONDS:g} s: it hangs."
        ) from fault
    except httpx.TransportError as fault:
        raise CannotLook(
            f"{place.address} cannot be called ({fault}): nothing listens, or TLS fails."
        ) from fault


def ask_health(place: Place) -> Asked:
    """What a process says that it waits for or misses.

    Raises:
        CannotLook: it does not answer.
    """
    answer = _get(place, "/health/ready")
    try:
        text = json.dumps(answer.json(), indent=1, ensure_ascii=False)
    except ValueError:
        text = answer.text
    return Asked(answer.status_code == _OK, text)


def ask_metrics(place: Place) -> Asked:
    """What Prometheus reads.

    Raises:
        CannotLook: it does not answer.
    """
    answer = _get(place, "/metrics")
    return Asked(answer.status_code == _OK, answer.text.rstrip("\n"))


async def topics_of_broker() -> list[dict[str, Any]]:
    """Every topic of this platform: its name, its partitions, and how many of them have no leader.

    Raises:
        CannotLook: none is named, or none answers.
    """
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415 - see above

    from chassis.bus_kafka import client_options  # noqa: PLC0415

    kafka = KafkaSettings()
    if not kafka.bootstrap_servers:
        raise CannotLook("KAFKA_BOOTSTRAP_SERVERS is not set here: run this in the container of a service.")
    admin = AIOKafkaAdminClient(
        bootstrap_servers=kafka.bootstrap_servers,
        request_timeout_ms=int(_SECONDS * 1000),
        **client_options(kafka),
    )
    try:
        await admin.start()
        found = await admin.describe_topics()
    except Exception as fault:
        raise CannotLook(
            f"No broker answers at {kafka.bootstrap_servers} ({type(fault).__name__}: {fault})."
        ) from fault
    finally:
        await admin.close()
    return [
        {
            "topic": one["topic"],
            "partitions": len(one["partitions"]),
            "without_leader": sum(part["leader"] < 0 for part in one["partitions"]),
        }
        for one in sorted(found, key=lambda one: str(one["topic"]))
        if one["topic"].startswith(kafka.topic_prefix)
    ]
