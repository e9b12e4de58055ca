# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The register over HTTP: for administrators to keep, for others to read what concerns them."""

from gateway.api import agreements, people, rate_limits, reviews
from gateway.api.declarations import router

__all__ = ["agreements", "people", "rate_limits", "reviews", "router"]
