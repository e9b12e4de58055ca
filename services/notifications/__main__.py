# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m services.notifications serve|migrate|relay|openapi`."""
