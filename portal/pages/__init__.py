# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The rooms: one module or package per kind of work, each with its `routes`."""
