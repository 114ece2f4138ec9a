"""Takes the README's pictures of the real demo:  make pictures        needs Chromium, and Grafana for the wall

demo ─► wall.png (Grafana's page, else the console)   phone.png   gateway.png (its terminal)   alarm.png   page.png
     ─► ../images/: each page of the console on a phone, at a desk and on a wall
"""

import html
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from console_pages import GATEWAY, shoot_console
from playwright.sync_api import Browser, Page, sync_playwright

from edge.control.client import snapshot_at
from edge.control.paths import control_path
from edge.page.document import document
from edge.settings_in_use import spool_in_use
from edge.status_view import view_of
from i18n.catalog import LanguageCode, catalog_of

HERE = Path(__file__).parent
PORT = 8099
PATIENCE_S = 240.0
MOST_BYTES = 200_000
LOUD = "--autoplay-policy=no-user-gesture-required"
"""A browser on duty is one that may sound."""
IMAGES = HERE.parent / "images"
_TERMINAL = """<body style="margin:0;background:#10151f"><pre style="margin:0;padding:22px;color:#dbe5f2;
font:15px/1.45 'DejaVu Sans Mono',monospace;white-space:pre-wrap"><span style="color:#5db2ff">$ {command}</span>
{said}</pre>"""


def main() -> None:
    """Start a demo in a folder of its own, take the pictures, and end it."""
    with tempfile.TemporaryDirectory(prefix="siaga-pictures-") as folder, sync_playwright() as playwright:
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if program is None:
            sys.exit("no Chromium is on the PATH; install it, and take the pictures again")
        chromium = playwright.chromium
        with (
            _demo(Path(folder), sys.argv[1:]) as said,
            chromium.launch(executable_path=program, args=[LOUD]) as browser,
        ):
            _take_all(browser, said, Path(folder))


@contextmanager
def _demo(folder: Path, arguments: list[str]) -> Iterator[Callable[[], str]]:
    """A demo with its month of past; gives what it has said so far."""
    log = folder / "demo.log"
    command = [sys.executable, "-m", "demo.cli", "--port", str(PORT), "--data", str(folder / "data")]
    command += ["--language", "en", "--story", "flood"]
    with log.open("w") as output:
        demo = subprocess.Popen([*command, *arguments], stdout=output, stderr=subprocess.STDOUT)  # noqa: S603
    try:
        _wait(lambda: "Ctrl-C ends the demo." in log.read_text() or demo.poll() is not None, log)
        yield log.read_text
    finally:
        demo.terminate()
        demo.wait()


def _take_all(browser: Browser, said: Callable[[], str], folder: Path) -> None:
    page = browser.new_page(viewport={"width": 1_440, "height": 640})
    link = re.search(r"http://127\.0\.0\.1:\d+/login/code/\S+", said())
    if link is None:
        sys.exit(f"the demo has not started: {said()}")
    page.goto(link[0])
    page.click("button[type=submit]")
    console = f"http://127.0.0.1:{PORT}/console/en"
    _wait(lambda: _river_alarms(page) > 0, folder / "demo.log")
    page.goto(f"{console}/alarms")
    _shoot(page, "alarm", wait_s=5)
    _shoot_wall(browser, page, said())
    phone = browser.new_context(
        viewport={"width": 390, "height": 844}, storage_state=page.context.storage_state(), is_mobile=True
    ).new_page()
    phone.goto(console)
    _shoot(phone, "phone", wait_s=6)
    IMAGES.mkdir(exist_ok=True)
    shoot_console(
        browser, page.context.storage_state(), console, lambda page, name: _shoot(page, name, wait_s=2, folder=IMAGES)
    )
    _shoot_terminal(browser, folder / "data" / f"{GATEWAY}.toml")
    _shoot_page(browser, folder / "data" / f"{GATEWAY}.toml")


def _river_alarms(page: Page) -> int:
    found = page.request.get(f"http://127.0.0.1:{PORT}/api/v1/alarms?open=true").json()["alarms"]
    return sum(alarm["family"] == "river-level" for alarm in found)


def _shoot_wall(browser: Browser, console: Page, said: str) -> None:
    """Take Grafana's command screen, or the console's first page where the demo has no Grafana."""
    grafana = re.search(r"Grafana +(http://127\.0\.0\.1:\d+)", said)
    if grafana is None:
        console.goto(f"http://127.0.0.1:{PORT}/console/en")
        _shoot(console, "wall", wait_s=6)
        return
    page = browser.new_page(viewport={"width": 1_920, "height": 1_080}, device_scale_factor=0.75)
    page.goto(f"{grafana[1]}/d/siaga-en-command?kiosk")
    _shoot(page, "wall", wait_s=35)


def _shoot_terminal(browser: Browser, settings: Path) -> None:
    command = [sys.executable, "-m", "edge.cli", "check", "--connect", "--config", settings.name]
    done = subprocess.run(command, cwd=settings.parent, capture_output=True, text=True, check=False)  # noqa: S603
    page = browser.new_page(viewport={"width": 1_100, "height": 230})
    page.set_content(
        _TERMINAL.format(command=f"siaga-edge check --connect --config {settings.name}", said=html.escape(done.stdout))
    )
    _shoot(page, "gateway", wait_s=0, whole=True)


def _shoot_page(browser: Browser, settings: Path) -> None:
    """Take the gateway's own page, as its agent would serve it."""
    snapshot = snapshot_at(control_path(spool_in_use(settings)))
    english = catalog_of(LanguageCode.ENGLISH)
    page = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True).new_page()
    page.set_content(document(view_of(snapshot, english), english, snapshot.gateway))
    _shoot(page, "page", wait_s=0)


def _shoot(page: Page, name: str, *, wait_s: float, whole: bool = False, folder: Path = HERE) -> None:
    page.wait_for_timeout(wait_s * 1_000)
    file = folder / f"{name}.png"
    page.screenshot(path=file, full_page=whole)
    print(f"{file.relative_to(HERE.parents[1])}  {file.stat().st_size // 1_000} kB")
    if file.stat().st_size > MOST_BYTES:
        sys.exit(f"{file.name} is larger than {MOST_BYTES} bytes; take it smaller")


def _wait(is_so: Callable[[], bool], log: Path) -> None:
    until_s = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > until_s:
            sys.exit(f"waited {PATIENCE_S:.0f} s in vain; the demo has said:\n{log.read_text()}")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
