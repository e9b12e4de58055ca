# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""All SQL of this schema: questions and changes, never a decision. One module per subject."""
