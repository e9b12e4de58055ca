# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Instances of the housing problem, and a judge of its solutions that knows nothing of the solver."""
