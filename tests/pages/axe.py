"""What axe finds on a page, and whether anything runs over its edge."""

import json

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations(page: Page) -> list[str]:
    """What axe finds, and whether the page has to be moved sideways."""
    run = Axe().run(page)
    found = [json.dumps(each["nodes"][0]["target"]) + " " + each["id"] for each in run.response["violations"]]
    beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found if beyond <= 0 else [*found, f"{beyond} px beyond the edge"]
