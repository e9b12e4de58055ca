# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Notifications: the clocks that others set, the signals on people's work lists, and the mail about them.

Owns: each clock of the chain as a row and its firing; signals with their handling; the addresses
of members; every mail from before it is sent until it is delivered or given up.

Does not own: the rule behind a deadline or a signal (the service that publishes it does), names
or any other identity of a person (mails and signals carry ids only).

Events in: from intake who a person belongs to and who leads, and its clocks; from learning-routes
its clocks, its signals and their withdrawal; from housing its clocks, and who has a key or never came to live in the
house. They may arrive in any order, late and twice.
Events out: `DeadlineFired`, `SignalHandled`.
"""
