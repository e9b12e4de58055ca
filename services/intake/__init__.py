# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Intake: the person, the duty, and the PIP as a signed decision.

Owns the person (BSN and V-number encrypted, names, contact), the act and the group, rights and
duties, the lead consulent, moves, the PIP in all its versions, and the clocks of the PIP and the
term. Owns no lessons, houses or money.

Publishes `contracts.intake`. Reads placements from learning-routes, so that a taalschool can see
the names of the people placed with it and of nobody else.
"""
