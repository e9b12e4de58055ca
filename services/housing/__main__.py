# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m services.housing serve|migrate|openapi`."""

from chassis.run import main
from services.housing.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
