# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""A service of a handful of lines on the chassis: what every request costs before anybody's own work.

It owns one table of records. It publishes an event per record and reads its own events, so that the
whole way from a write to an effect can be measured.
"""
