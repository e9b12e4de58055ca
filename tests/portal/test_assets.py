# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Style sheets, fonts and htmx: built from the lock file, served from here, themed by one file."""

import json
import re
from pathlib import Path

import httpx
import pytest
from cryptography.fernet import Fernet
from pydantic import AnyHttpUrl, SecretStr

from portal import build
from portal.app import create_app
from portal.settings import PortalSettings
from tests.portal.conftest import Desk, serving

PORTAL = Path(build.__file__).parent


def test_a_second_build_does_nothing(portal_url: str) -> None:
    assert build.is_built()
    assert build.build() is False


def test_another_lock_file_is_built_anew(
    portal_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_text(
            (build.ASSETS / name).read_text(encoding="utf-8") + " ", encoding="utf-8"
        )
    monkeypatch.setattr(build, "ASSETS", tmp_path)
    assert not build.is_built()


def test_a_failed_build_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho 'registry not reached' >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setattr(build, "_npm", lambda _: [str(npm)])
    with pytest.raises(RuntimeError, match=r"registry not reached\nCheck that the npm registry"):
        build.build(force=True)
    assert build.is_built(), "a failed build leaves the old one in place"


def test_the_lock_file_names_no_registry_and_pins_every_package() -> None:
    lock = json.loads((PORTAL / "assets" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert packages
    assert not [name for name, one in packages.items() if "resolved" in one]
    assert not [name for name, one in packages.items() if not one["integrity"].startswith("sha512-")]


def test_every_package_brings_its_licence(portal_url: str) -> None:
    text = (build.BUILT / "LICENCES.txt").read_text(encoding="utf-8")
    wanted = json.loads((PORTAL / "assets" / "package.json").read_text(encoding="utf-8"))["dependencies"]
    assert not [name for name in wanted if name not in text]


def test_static_files_may_be_kept_and_pages_may_not(portal_url: str) -> None:
    page = httpx.get(f"{portal_url}/portal/")
    sheets = re.findall(r'href="(/portal/static/[^"]+\.css\?v=[0-9a-f]+)"', page.text)
    assert len(sheets) == 2
    for sheet in sheets:
        answer = httpx.get(f"{portal_url}{sheet}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert not re.search(r"url\(['\"]?https?:", answer.text)
    assert page.headers["cache-control"] == "no-store"


def test_no_file_of_the_portal_names_another_site() -> None:
    for path in (PORTAL / "static").glob("portal.*"):
        assert not re.search(r"https?://", path.read_text(encoding="utf-8")), path.name


@pytest.mark.parametrize("path", ["/portal/static/../settings.py", "/portal/static/%2e%2e/settings.py"])
def test_static_files_are_the_only_files(path: str, portal_url: str) -> None:
    assert httpx.get(f"{portal_url}{path}").status_code == 404


def test_a_tenant_brings_its_own_theme_in_one_file(gateway_url: str, desk: Desk, tmp_path: Path) -> None:
    theme = tmp_path / "theme.css"
    theme.write_text(".portal-theme { --portal-action: rgb(120, 20, 90); }")
    settings = PortalSettings(
        gateway_url=AnyHttpUrl(gateway_url),
        session_keys=SecretStr(Fernet.generate_key().decode()),
        theme_css=theme,
    )
    with serving(create_app(settings)) as address:
        page = desk.sit(None)
        page.goto(f"{address}/portal/")
        button = page.get_by_role("link", name="Inloggen")
        colour = button.evaluate("one => getComputedStyle(one).backgroundColor")
    assert colour == "rgb(120, 20, 90)"
    assert desk.console == []


def test_the_address_without_a_slash_leads_to_the_start_page(portal_url: str) -> None:
    answer = httpx.get(f"{portal_url}/portal", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.url.path == "/portal/"
