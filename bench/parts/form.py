# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""The form in which Open Zaak tells its speed: so many users who create, through the gateway.

Each creation registers a new person: encrypted numbers and names, law and rights derived, clocks set,
events, access log. PostgreSQL waits for the disk, as it must.
"""

from contextlib import ExitStack

from bench.lab import Lab
from bench.load import Request
from bench.platform import GEMEENTE, member
from bench.results import Part, Sample, Series, Target, value_figure
from contracts.access import Role
from services.intake.app import SERVICE

__all__ = ["measure"]

_USERS = (10, 20, 40)


def measure(lab: Lab) -> Part:
    """10, 20 and 40 users, one after the other."""
    part = Part("FORM", "Users who create, as Open Zaak tells it", lab.sizes.name)
    installation = lab.installation
    register = lab.run(installation.gateway_database())
    database = lab.run(installation.database(SERVICE))
    found = {users: Series(f"{users} users") for users in _USERS}
    with ExitStack() as stack:
        service = stack.enter_context(installation.service(SERVICE, "services.intake", database, core=None))
        door = stack.enter_context(installation.gateway(register, {"intake": service.url}, core=None))
        token = installation.token(door.url, member(Role.CONSULENT))
        start = 0
        for _ in range(lab.sizes.rounds):
            for users, series in found.items():
                start += 1_000_000
                load = Request(lua=_script(token["Authorization"], start)).run(
                    f"{door.url}/intake/v1/inburgeraars",
                    connections=users,
                    seconds=lab.sizes.seconds,
                    watch=(service.pid, door.pid),
                    core=None,
                )
                series.samples.append(
                    Sample(
                        {
                            "perSecond": load.per_second,
                            "p50Milliseconds": load.p50,
                            "p99Milliseconds": load.p99,
                            "failed": load.refused + load.broken,
                            "serviceCpuMilliseconds": load.cpu_microseconds(service.pid) / 1000,
                            "gatewayCpuMilliseconds": load.cpu_microseconds(door.pid) / 1000,
                        },
                        load.window.foreign,
                    )
                )
    part.series = list(found.values())
    ten = found[10]
    part.figures = [
        value_figure("10 users create", ten, "perSecond", "/s", target=Target(120, 300)),
        value_figure("10 users create, p50", ten, "p50Milliseconds", "ms", target=Target(80, 80, more=False)),
        value_figure("20 users create", found[20], "perSecond", "/s"),
        value_figure("20 users create, p50", found[20], "p50Milliseconds", "ms"),
        value_figure("40 users create", found[40], "perSecond", "/s"),
        value_figure("40 users create, p50", found[40], "p50Milliseconds", "ms"),
        value_figure("failed, most", found[40], "failed", "requests"),
    ]
    part.tables["users"] = [
        {
            "users": users,
            "perSecond": round(series.median("perSecond"), 1),
            "p50Milliseconds": round(series.median("p50Milliseconds"), 1),
            "p99Milliseconds": round(series.median("p99Milliseconds"), 1),
            "failed": int(max(series.all("failed"))),
        }
        for users, series in found.items()
    ]
    return part


def _script(authorization: str, start: int) -> str:
    """Each request another person: eight digits and the ninth that makes them a BSN."""
    return f"""
local headers = {{["Content-Type"] = "application/json", ["Authorization"] = "{authorization}"}}
local n = {start}
function bsn()
  while true do
    n = n + 1
    local digits = string.format("9%07d", n % 10000000)
    local sum = 0
    for i = 1, 8 do sum = sum + (10 - i) * tonumber(digits:sub(i, i)) end
    if sum % 11 < 10 then return digits .. tostring(sum % 11) end
  end
end
function request()
  local body = '{{"bsn":"' .. bsn() .. '","givenNames":"Amina","familyName":"Voorbeeld","birthDate":"1990-05-14",'
    .. '"gender":"female","group":"statushouder","permitType":"asiel","gemeentecode":"{GEMEENTE}",'
    .. '"obligedOn":"2024-03-01"}}'
  return wrk.format("POST", nil, headers, body)
end
"""
