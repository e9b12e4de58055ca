# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Everything that a service needs and that is not about its field.

A service is a value (`chassis.service.Service`); `chassis.run` starts one or several of them.
Nothing in this package knows a rule of the law or a word of the field.
"""
