# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The law and the agreements of housing as pure functions. One module per subject."""
