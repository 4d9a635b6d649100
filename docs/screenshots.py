"""The pictures of docs/images, taken of a running demo in Chromium: `make screenshots`.

python docs/screenshots.py http://127.0.0.1:8000 PASSWORD
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from config.local import browser

IMAGES = Path(__file__).parent / "images"
DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
MAP_MS = 30_000


@dataclass(frozen=True)
class Picture:
    """name of the file; who signs in; the page to open, and what to do there before it is taken."""

    name: str
    person: str
    path: str
    then: Callable[[Page], None] = lambda page: None
    language: str = "en"
    size: dict[str, int] | None = None
    dark: bool = False


def first_of_list(page: Page) -> None:
    page.locator("main table tbody a").first.click()
    page.wait_for_load_state("load")


def drawn(page: Page) -> None:
    page.locator("[data-ready=true]").first.wait_for(timeout=MAP_MS)


def list_with_map(page: Page) -> None:
    first_of_list(page)
    drawn(page)


def first_decision(page: Page) -> None:
    page.locator("#result_list th a").first.click()
    page.wait_for_load_state("load")


PICTURES = (
    Picture("home-operator", "chen.mobile", "/"),
    Picture("home-regulator-phone", "lin.regulator", "/", language="zh-hans", size=PHONE),
    Picture("catalog", "wang.towers", "/assets/", then=drawn),
    Picture("catalog-dark", "wang.towers", "/assets/?kind=tower", then=drawn, language="zh-hans", dark=True),
    Picture("demand-list", "chen.mobile", "/lists/", then=list_with_map),
    Picture("consents", "zhou.lighting", "/consents/"),
    Picture("approval", "lin.regulator", "/admin/sharing/match/?waiting=decide", then=first_decision),
    Picture("monitoring", "lin.regulator", "/monitoring/"),
)


def main(address: str, password: str) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.installed(), args=browser.ARGUMENTS)
        for picture in PICTURES:
            context = chromium.new_context(
                base_url=address,
                viewport=picture.size or DESK,
                locale=picture.language,
                color_scheme="dark" if picture.dark else "light",
            )
            context.add_cookies([{"name": "django_language", "value": picture.language, "url": address}])
            page = context.new_page()
            page.goto("/account/sign-in/")
            page.fill("input[name=login]", picture.person)
            page.fill("input[name=password]", password)
            page.press("input[name=password]", "Enter")
            page.wait_for_url(f"{address}/")
            page.goto(picture.path)
            picture.then(page)
            page.screenshot(path=IMAGES / f"{picture.name}.png")
            print(IMAGES / f"{picture.name}.png")
            context.close()
        chromium.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
