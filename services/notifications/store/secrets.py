# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Secrets of webhooks that are under an old key."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col

from chassis.db import Tx
from services.notifications.models import WebhookSecret

__all__ = ["stale"]


async def stale(tx: Tx, *, key_id: str, fetch: int) -> Sequence[WebhookSecret]:
    """Secrets under another key than the current one, locked; busy ones are left."""
    return await tx.scalars(
        sa.select(WebhookSecret)
        .where(col(WebhookSecret.key_id) != key_id)
        .order_by(col(WebhookSecret.id))
        .limit(fetch)
        .with_for_update(skip_locked=True)
    )
