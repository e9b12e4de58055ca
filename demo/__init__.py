# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Synthetic people and the situation of the audit, loaded as an ordinary client of the gateway.

Owns: who signs in to a demo (`identities`), which parties there are and what they agreed
(`chain`), who the people are (`people`, `names`, `numbers`), what happens to them from September
2024 on (`plan`), and the loading of it (`client`, `journal`, `loader`).

Never opens a database and imports no service: what cannot be done over the API is not done.
Nobody in it exists. Everything follows from one seed, so two demos are alike.
"""
