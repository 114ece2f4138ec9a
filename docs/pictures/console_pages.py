"""The pictures of the console: each page as it is seen on a phone, at a desk and on a wall, and the views of the wall.

shoot_console(console, storage_state, …)  ->  ../images/site-phone.png  site-desk.png  site-wall.png  …  wall-city.png
"""

from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import Browser, Page, StorageState

GATEWAY, SITE, SENSOR = "gw-daruba", "daruba-river", "river-daruba"
PAGES = {
    "situation": "",
    "site": f"/sites/{SITE}",
    "month": f"/sites/{SITE}?span=30d",
    "reading": f"/sites/{SITE}/reading",
    "alarms": "/alarms",
    "incident": "/alarms/1",
    "thresholds": "/thresholds",
    "rule": "/thresholds/river-level/all",
    "rules-file": "/thresholds/file",
    "fleet": "/fleet",
    "gateway": f"/fleet/{GATEWAY}",
    "refused": "/refused",
    "registry": "/registry",
    "registry-files": "/registry/files",
    "record": f"/registry/sensors/{SENSOR}",
    "facts": "/facts",
    "maintenance": "/maintenance",
    "duty": "/duty",
    "channels": "/channels?kind=telegram",
    "people": "/people",
    "rollouts": "/rollouts",
    "backups": "/backups",
    "journal": "/journal",
    "health": "/health",
}
"""The pages, by the names of their pictures."""
WALL_VIEWS = ("city", "domain-flood", "domain-air", "domain-footfall", "alarms", "gateways")


class Screen(NamedTuple):
    """How large a screen is, and how much of its size a picture keeps."""

    width: int
    height: int
    scale: float = 1.0
    is_mobile: bool = False


SCREENS = {
    "phone": Screen(390, 844, is_mobile=True),
    "desk": Screen(1_440, 900),
    "wall": Screen(1_920, 1_080, 0.75),
}
FOUR_K = Screen(3_840, 2_160, 0.375)


def shoot_console(browser: Browser, state: StorageState, console: str, shoot: Callable[[Page, str], None]) -> None:
    """Take each page on each screen, and each view of the wall; `shoot` keeps a picture under its name."""
    for size, screen in SCREENS.items():
        page = _page(browser, state, screen)
        for name, place in PAGES.items():
            page.goto(f"{console}{place}")
            shoot(page, f"{name}-{size}")
        page.context.close()
    wall = _page(browser, state, FOUR_K)
    for view in WALL_VIEWS:
        wall.goto(f"{console}/wall?view={view}")
        shoot(wall, f"wall-{view.removeprefix('domain-')}")
    wall.context.close()


def _page(browser: Browser, state: StorageState, screen: Screen) -> Page:
    return browser.new_context(
        viewport={"width": screen.width, "height": screen.height},
        device_scale_factor=screen.scale,
        is_mobile=screen.is_mobile,
        storage_state=state,
    ).new_page()
