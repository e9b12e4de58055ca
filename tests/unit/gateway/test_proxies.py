# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Whose word is taken for where a request comes from."""

from ipaddress import ip_network

import pytest

from chassis.starting import BadSetting, read_settings
from gateway.proxies import Proxies
from gateway.settings import GatewaySettings

PROXIES = Proxies(map(ip_network, ("10.42.0.0/16", "192.0.2.7", "2001:db8::/64")))


@pytest.mark.parametrize(
    ("client", "lines", "origin"),
    [
        pytest.param("203.0.113.9", ["1.2.3.4"], "203.0.113.9", id="anybody-is-not-believed"),
        pytest.param("10.42.7.1", ["1.2.3.4"], "1.2.3.4", id="in-a-range"),
        pytest.param("10.43.0.1", ["1.2.3.4"], "10.43.0.1", id="beside-the-range"),
        pytest.param("192.0.2.7", ["6.6.6.6, 1.2.3.4"], "1.2.3.4", id="one-address-and-the-nearest-hop"),
        pytest.param("10.42.7.1", ["6.6.6.6", "1.2.3.4"], "1.2.3.4", id="the-line-of-the-proxy-itself"),
        pytest.param(
            "10.42.7.1", ["6.6.6.6, 1.2.3.4, 192.0.2.7"], "1.2.3.4", id="two-proxies-behind-each-other"
        ),
        pytest.param("::ffff:10.42.7.1", ["1.2.3.4"], "1.2.3.4", id="told-as-ipv6"),
        pytest.param("2001:db8::5", ["2001:db8:1::9"], "2001:db8:1::9", id="ipv6"),
        pytest.param("10.42.7.1", [], "10.42.7.1", id="nothing-told"),
        pytest.param("10.42.7.1", ["unknown"], "unknown", id="no-address"),
        pytest.param("10.42.7.1", ["10.42.0.9"], "10.42.0.9", id="from-inside"),
        pytest.param("", ["1.2.3.4"], "", id="no-connection"),
    ],
)
def test_the_nearest_hop_that_a_trusted_proxy_vouches_for(client: str, lines: list[str], origin: str) -> None:
    assert PROXIES.origin(client, lines) == origin


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('["10.0.0.0/33"]', r"GATEWAY_TRUSTED_PROXIES\.0: "),
        ('["10.0.0.1", "10.0.0.1/8"]', r"GATEWAY_TRUSTED_PROXIES\.1: "),  # bits of a host in a range
        ('["ingress"]', r"GATEWAY_TRUSTED_PROXIES\.0: "),
        ('["0.0.0.0/0"]', "GATEWAY_TRUSTED_PROXIES: a range of all addresses trusts everybody"),
        ("10.0.0.1", "GATEWAY_TRUSTED_PROXIES: Input should be JSON"),
    ],
)
def test_what_is_no_network_stops_the_start_by_name(
    monkeypatch: pytest.MonkeyPatch, value: str, said: str
) -> None:
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", value)
    with pytest.raises(BadSetting, match=said):
        read_settings(GatewaySettings)


def test_an_address_and_a_range_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_TRUSTED_PROXIES", '["10.0.0.1", "fd00::/8"]')
    assert [str(one) for one in read_settings(GatewaySettings).trusted_proxies] == ["10.0.0.1/32", "fd00::/8"]
