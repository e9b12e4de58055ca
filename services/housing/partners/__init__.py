# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Outside parties: COA's export from TVS and the lists of corporations. Their words and faults stop here."""
