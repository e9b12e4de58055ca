# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""`python -m services.learning_routes serve|migrate|openapi`."""

from chassis.run import main
from services.learning_routes.app import SERVICE

if __name__ == "__main__":
    main(SERVICE)
