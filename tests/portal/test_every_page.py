# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every page in every state, at both widths: WCAG 2.2 AA by axe, and what axe cannot see."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.portal.conftest import Desk, SignIn
from tests.portal.fake_gateway import FakeGateway
from tests.portal.screens import Screen, cases

WIDTHS = (1280, 375)
# Without content, or with the message of a fault in its place, the wide page has nothing that the narrow has not.
AS_GOOD_NARROW = {"empty", "error"}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CASES = [pytest.param(screen, state, id=f"{screen.name}-{state}") for screen, state in cases()]

HOUSE_STYLE = {
    "root": True,
    "extends": ["html-validate:standard", "html-validate:a11y"],
    "rules": dict.fromkeys(
        # Style of writing, where both ways are valid HTML.
        (
            "no-trailing-whitespace",
            "attribute-boolean-style",
            "void-style",
            "long-title",
            "tel-non-breaking",
            "no-implicit-input-type",
        ),
        "off",
    ),
}

RUN_AXE = """async tags => {
  const found = await axe.run(document, {runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}}});
  return found.violations.map(one => ({rule: one.id, help: one.help, where: one.nodes.map(node => node.html)}));
}"""
SMALL_TARGETS = """() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter(one => {
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const shown = box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.display !== "none";
    const inText = style.display === "inline";
    return shown && !inText && (box.width < 24 || box.height < 24);
  })
  .map(one => one.outerHTML.slice(0, 120))"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def axe(node_tools: Path) -> str:
    return (node_tools / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize(("screen", "state"), CASES)
def test_a_page_is_accessible_at_every_width(
    screen: Screen, state: str, gate: FakeGateway, desk: Desk, axe: str
) -> None:
    screen.prepare(gate, state)
    page = desk.sit(screen.who)
    answer = page.goto(screen.path)
    assert answer is not None
    assert answer.status < 500 or state == "error"
    assert page.locator("h1").count() == 1
    # Help stands at the same place on every page (3.2.6): right after who is signed in, before the menu.
    assert page.locator("header .portal-account a").first.inner_text() == "Hulp"
    page.evaluate(axe)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if width == min(WIDTHS) or state not in AS_GOOD_NARROW:
            found: list[dict[str, Any]] = page.evaluate(RUN_AXE, RULES)
            assert found == [], json.dumps(found, indent=1, ensure_ascii=False)
        assert page.evaluate(OVERFLOW) <= 0, f"wider than {width} px"
        assert page.evaluate(SMALL_TARGETS) == []
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate(OVERFLOW) <= 0, "sideways scrolling at 320 px (1.4.10)"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("() => document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate(OVERFLOW) <= 0, "sideways scrolling with text at 200% (1.4.4)"
    assert desk.console == []


def test_the_markup_of_every_page_is_valid(
    client_of: SignIn, gate: FakeGateway, portal_url: str, node_tools: Path, tmp_path: Path
) -> None:
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(HOUSE_STYLE))
    for screen, state in cases():
        screen.prepare(gate, state)
        with httpx.Client(base_url=portal_url) if screen.who is None else client_of(screen.who) as client:
            path = screen.path if screen.who is None else screen.path.removeprefix("/portal")
            answer = client.get(path)
        assert answer.headers["content-type"].startswith("text/html")
        (tmp_path / f"{screen.name}-{state}.html").write_text(answer.text, encoding="utf-8")
    program = node_tools / "html-validate" / "bin" / "html-validate.mjs"
    command = ["node", str(program), "--formatter", "text", "."]
    verdict = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(("screen", "state"), CASES)
def test_a_page_keeps_to_itself(
    screen: Screen, state: str, client_of: SignIn, gate: FakeGateway, portal_url: str
) -> None:
    screen.prepare(gate, state)
    with httpx.Client(base_url=portal_url) if screen.who is None else client_of(screen.who) as client:
        answer = client.get(screen.path if screen.who is None else screen.path.removeprefix("/portal"))
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text), "a script in the page itself"
    assert not re.search(r"\sstyle=|\son[a-z]+=\"", answer.text), "style or script in an attribute"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text), "something from another site"
    assert "None" not in re.sub(r"<[^>]*>", "", answer.text)
