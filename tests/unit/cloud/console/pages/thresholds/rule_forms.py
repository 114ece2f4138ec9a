"""A rule's form as a browser would send it: every field as the page has it, some of them written anew."""

from lxml import html as lxml_html

from tests.unit.cloud.console.asked import Browser, Opened


def filled_in(page: Opened) -> dict[str, str]:
    """What the form of the editor holds; of its buttons none is pressed."""
    form = lxml_html.fromstring(page.text).get_element_by_id("editor")
    return {str(name): str(value) for name, value in form.form_values() if name != "do"}


async def send_rule(browser: Browser, page: Opened, do: str, **changes: str) -> Opened:
    """Press the button `do` with these fields changed."""
    address = lxml_html.fromstring(page.text).get_element_by_id("editor").action
    sent = {**filled_in(page), **changes, "do": do}
    return Opened(await browser.client.post(address, data=sent, follow_redirects=True))
