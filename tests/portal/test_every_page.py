# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Every page in every state, at both widths: WCAG 2.2 AA by axe, and what axe cannot see."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from tests.portal.conftest import NO_TLS, Desk
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

# The places of what is in order are not asked for: naming them takes longer than finding the faults.
RUN_AXE = """async tags => {
  const found = await axe.run(document, {
    runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}}, resultTypes: ["violations"],
  });
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
# A folded table writes the name of a column beside each cell; a long one may not run into what follows.
LABELS_OUTSIDE = """() => [...document.querySelectorAll(".portal-table--stack td[data-label]")]
  .filter(cell => {
    const label = getComputedStyle(cell, "::before");
    return label.content !== "none" && parseFloat(label.height) > cell.getBoundingClientRect().height + 1;
  })
  .map(cell => cell.dataset.label)"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def room(
    browser: Browser, portal_url: str, cookies_of: Callable[[str], httpx.Cookies], node_tools: Path
) -> Iterator[Desk]:
    """A desk whose every page has axe."""
    with closing(
        Desk(browser, portal_url, cookies_of, scripts=[node_tools / "axe-core" / "axe.min.js"])
    ) as desk:
        yield desk


@pytest.fixture
def desk(room: Desk) -> Desk:
    """The desk as the page before left it: each of these tests opens its own page, and only looks."""
    room.console.clear()
    return room


Served = Callable[[Screen, str], httpx.Response]


@pytest.fixture(scope="module")
def served(
    gate_of_run: FakeGateway, portal_url: str, cookies_of: Callable[[str], httpx.Cookies]
) -> Iterator[Served]:
    """Each page in each state as the portal sends it, asked for once."""
    kept: dict[tuple[str, str], httpx.Response] = {}
    with httpx.Client(base_url=portal_url, verify=NO_TLS) as client:

        def ask(screen: Screen, state: str) -> httpx.Response:
            if (screen.name, state) not in kept:
                screen.prepare(gate_of_run, state)
                client.cookies = httpx.Cookies() if screen.who is None else cookies_of(screen.who)
                kept[screen.name, state] = client.get(screen.path)
            return kept[screen.name, state]

        yield ask


@pytest.mark.parametrize(("screen", "state"), CASES)
def test_a_page_is_accessible_at_every_width(
    screen: Screen, state: str, gate_of_run: FakeGateway, desk: Desk
) -> None:
    screen.prepare(gate_of_run, state)
    page = desk.sit(screen.who, width=max(WIDTHS))
    answer = page.goto(screen.path)
    assert answer is not None
    assert answer.status < 500 or state == "error"
    assert page.evaluate('() => document.querySelectorAll("h1").length') == 1
    # Help stands at the same place on every page (3.2.6): right after who is signed in, before the menu.
    assert page.evaluate('() => document.querySelector("header .portal-account a").innerText') == "Hulp"
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if width == min(WIDTHS) or state not in AS_GOOD_NARROW:
            found: list[dict[str, Any]] = page.evaluate(RUN_AXE, RULES)
            assert found == [], json.dumps(found, indent=1, ensure_ascii=False)
        assert page.evaluate(OVERFLOW) <= 0, f"wider than {width} px"
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate(LABELS_OUTSIDE) == []
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate(OVERFLOW) <= 0, "sideways scrolling at 320 px (1.4.10)"
    page.set_viewport_size({"width": 1280, "height": 900})
    page.evaluate("() => document.documentElement.style.setProperty('font-size', '200%')")
    assert page.evaluate(OVERFLOW) <= 0, "sideways scrolling with text at 200% (1.4.4)"
    assert desk.console == []


def test_the_markup_of_every_page_is_valid(served: Served, node_tools: Path, tmp_path: Path) -> None:
    (tmp_path / ".htmlvalidate.json").write_text(json.dumps(HOUSE_STYLE))
    for screen, state in cases():
        answer = served(screen, state)
        assert answer.headers["content-type"].startswith("text/html")
        (tmp_path / f"{screen.name}-{state}.html").write_text(answer.text, encoding="utf-8")
    program = node_tools / "html-validate" / "bin" / "html-validate.mjs"
    command = ["node", str(program), "--formatter", "text", "."]
    verdict = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.parametrize(("screen", "state"), CASES)
def test_a_page_keeps_to_itself(screen: Screen, state: str, served: Served) -> None:
    answer = served(screen, state)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]*\ssrc=)", answer.text), "a script in the page itself"
    assert not re.search(r"\sstyle=|\son[a-z]+=\"", answer.text), "style or script in an attribute"
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", answer.text), "something from another site"
    assert "None" not in re.sub(r"<[^>]*>", "", answer.text)
