"""The widget as a visitor uses it: by what stands on the buttons."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


class Chat:
    """The widget on a page. `url` is the address of the page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def visit(self, path: str = "/") -> Chat:
        self.page.goto(self.url + path)
        expect(self.launcher).to_be_visible()
        return self

    def open(self) -> Chat:
        """Open and wait for the greeting."""
        self.launcher.click()
        expect(self.said.first).to_be_visible()
        return self

    def reload(self) -> Chat:
        """Load the page again and wait until all that was said is back."""
        said, asked = self.said.count(), self.asked.count()
        self.page.reload()
        expect(self.said).to_have_count(said)
        expect(self.asked).to_have_count(asked)
        return self

    def type(self, text: str) -> None:
        """Type a message and press Enter."""
        self.input.fill(text)
        self.input.press("Enter")

    def say(self, text: str) -> Locator:
        """Type a message and wait for its answer: its last bubble."""
        return self._answer_to(lambda: self.type(text))

    def choose(self, title: str) -> Locator:
        """Press a choice and wait for its answer."""
        return self._answer_to(lambda: self.page.get_by_role("button", name=title, exact=True).click())

    def menu(self, name: str) -> None:
        self.page.get_by_role("button", name="More options").click()
        self.page.get_by_role("button", name=name, exact=True).click()

    def _answer_to(self, act: object) -> Locator:
        before = self.said.count()
        asked = self.asked.count()
        act()  # type: ignore[operator]
        expect(self.asked).to_have_count(asked + 1)
        # The typing sign is a bubble without words; an answer may come in several.
        expect(self.page.locator(".typing")).to_have_count(0)
        expect(self.said.nth(before)).to_be_visible()
        return self.said.last

    @property
    def launcher(self) -> Locator:
        return self.page.locator("needlewise-chat .launcher")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def input(self) -> Locator:
        return self.page.get_by_label("Your message")

    @property
    def said(self) -> Locator:
        return self.page.locator(".assistant > .bubble:not(.typing)")

    @property
    def asked(self) -> Locator:
        return self.page.locator(".visitor > .bubble")

    @property
    def spoken(self) -> Locator:
        """What a screen reader is told."""
        return self.panel.locator("[role=status]")

    def focused(self) -> str:
        """What has the focus: its label, else its words, else its class."""
        script = """() => {
            let at = document.activeElement;
            while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
            return at.getAttribute("aria-label") || at.innerText || at.id || at.className || at.tagName;
        }"""
        return str(self.page.evaluate(script))

    def stored(self) -> int:
        """How many things the page keeps in the browser: cookies, sessionStorage, localStorage."""
        kept = self.page.evaluate("() => sessionStorage.length + localStorage.length")
        return int(kept) + len(self.page.context.cookies())
