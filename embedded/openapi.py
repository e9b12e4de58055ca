# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI document of one service, without starting it."""

from typing import Any

from chassis.app import openapi_document
from chassis.settings import platform_settings
from embedded.app import ALL
from embedded.faults import CannotStart

__all__ = ["document_of"]


def document_of(name: str) -> dict[str, Any]:
    """The document of the service with this name.

    Raises:
        CannotStart: there is no such service.
    """
    found = next((service for service in ALL if service.name == name), None)
    if found is None:
        raise CannotStart(
            f"There is no service '{name}'.", remedy=f"There are: {', '.join(one.name for one in ALL)}."
        )
    return openapi_document(found, platform_settings())
