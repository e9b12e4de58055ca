# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The one door of the platform.

Owns: tokens and what they grant, organisations and their members and clients, mandates and data
agreements between them, local policy, rate limits, the way to each service, the published
contract, and (outside production) a token issuer and the demo's clock.
Owns no rule of the law and no person of the chain: who is looked after is not known here.
Reads no events and publishes none.
"""
