# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""What the service can do: one function is one use case in one transaction. One module per subject."""
