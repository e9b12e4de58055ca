# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""All SQL of the schema `notifications`.

Locks are taken in one order, so that no two transactions wait for each other: person, then
deadline, then signal, then delivery.
"""

from services.notifications.store import deadlines, deliveries, people, signals, webhooks, worklist

__all__ = ["deadlines", "deliveries", "people", "signals", "webhooks", "worklist"]
