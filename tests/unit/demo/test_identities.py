# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
import json
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from contracts.access import Role
from demo.identities import FIRST_SIGN_INS, ensure_identities, listed, write_bootstrap
from demo.parties import organisation_id

IN_THE_CONTRACT = {
    "teacher-echt-nederlands", "teacher-foxtaal", "system-echt-nederlands", "consulent-lv", "kwaliteitsmedewerker-lv",
    "consulent-leiden", "klantmanager-oegstgeest", "policy-oegstgeest", "policy-wassenaar", "policy-voorschoten",
    "controller-wassenaar", "vwn-team-leader", "vwn-volunteer", "corporation-wassenaarsche", "province", "operations",
    "administrator",
}  # fmt: skip


def test_every_identity_of_the_contract_is_listed_in_its_form(tmp_path: Path) -> None:
    rows = {row["name"]: row for row in listed(ensure_identities(tmp_path))}

    assert set(rows) >= IN_THE_CONTRACT | set(FIRST_SIGN_INS)
    assert rows["consulent-lv"] == {
        "name": "consulent-lv",
        "kind": "person",
        "roles": ["consulent"],
        "organisation": "gemeente-leidschendam-voorburg",
        "organisationId": str(organisation_id("gemeente-leidschendam-voorburg")),
        "gemeentecode": "1916",
    }
    system = rows["system-echt-nederlands"]
    assert (system["kind"], system["clientId"]) == ("client", "system-echt-nederlands")
    assert len(system["clientSecret"]) > 40
    assert "gemeentecode" not in system
    assert {role for row in rows.values() for role in row["roles"]} <= set(Role)


def test_secrets_are_made_once_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    first = listed(ensure_identities(tmp_path))

    assert listed(ensure_identities(tmp_path)) == first
    assert {oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()} == {"0o600"}
    another = tmp_path / "another"
    another.mkdir()
    assert {row.get("clientSecret") for row in listed(ensure_identities(another))}.isdisjoint(
        row["clientSecret"] for row in first if "clientSecret" in row
    )


def test_a_private_key_can_be_read_by_who_owns_the_client(tmp_path: Path) -> None:
    client = next(one for one in ensure_identities(tmp_path) if one.private_key_file)

    assert client.private_key_file is not None
    key = serialization.load_pem_private_key(client.private_key_file.read_bytes(), password=None)
    assert key.public_key() is not None


def test_the_bootstrap_file_holds_no_secret(tmp_path: Path) -> None:
    identities = ensure_identities(tmp_path)
    body = write_bootstrap(identities, tmp_path / "bootstrap.json").read_text()

    assert "PRIVATE KEY" not in body
    assert not any(one.client_secret in body for one in identities if one.client_secret)
    assert {member["name"] for member in json.loads(body)["members"]} >= {"consulent-lv", "administrator"}
