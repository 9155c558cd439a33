"""A visitor's hands and eyes."""

import time

import numpy as np
import pytest
from page_server import events

PATIENCE_SECONDS = 30
MOST_TABS = 60


class Visit:
    """A visitor of the page, by mouse, touch and keys, through a Selenium driver."""

    def __init__(self, driver, url):
        self.driver = driver
        driver.get(url)
        self.until(lambda: self.all(".at-open input[type=file]"))

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def one(self, selector):
        self.until(lambda: self.all(selector))
        return self.all(selector)[0]

    def text(self, selector):
        """Text that can be seen, "" of what is hidden."""
        return "".join(element.text for element in self.all(selector))

    def until(self, condition, what=""):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (value := condition()):
            if time.monotonic() > deadline:
                pytest.fail(f"never came: {what or condition}. On the page: {self.text('body')}")
            time.sleep(0.05)
        return value

    def upload(self, *paths, into="open"):
        self.one(f".at-{into} input[type=file]").send_keys("\n".join(map(str, paths)))

    def dialog(self, opens):
        """Returns the file input whose dialog `opens()` makes the browser show."""
        before = len(events(self.driver, "Page.fileChooserOpened"))
        opens()
        (opened,) = self.until(lambda: events(self.driver, "Page.fileChooserOpened")[before:], "the dialog for files")
        return opened["backendNodeId"]

    def choose_files(self, opens, *paths):
        """Chooses files in the dialog that `opens()` opens."""
        given = {"files": list(map(str, paths)), "backendNodeId": self.dialog(opens)}
        self.driver.execute_cdp_cmd("DOM.setFileInputFiles", given)

    def keys(self, *keys, held=None):
        """Presses keys, wherever the focus is, while another one is held down."""
        from selenium.webdriver.common.action_chains import ActionChains

        chain = ActionChains(self.driver)
        if held:
            chain = chain.key_down(held)
        chain = chain.send_keys(*keys)
        if held:
            chain = chain.key_up(held)
        chain.perform()

    def tab_to(self, selector):
        """Presses Tab until the focus is on, or in, the element."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        self.one(selector)
        inside = "return document.querySelector(arguments[0]).contains(document.activeElement)"
        for _ in range(MOST_TABS):
            ActionChains(self.driver).send_keys(Keys.TAB).perform()
            if self.driver.execute_script(inside, selector):
                return
        pytest.fail(f"Tab never came to {selector}")

    def open(self, *paths):
        self.upload(*paths)
        self.arrived(paths[0])

    def arrived(self, path):
        """Waits until a file is open."""
        self.until(lambda: path.name in self.text(".at-facts"), path.name)
        self.until(lambda: not self.text(".at-working"), "the end of the work")
        self.until(lambda: self.source, "the picture")

    @property
    def source(self):
        images = self.all(".hs-picture img")
        return images[0].get_attribute("src") if images else ""

    def changed(self, source):
        """Waits for another picture than `source`; returns it."""
        return self.until(lambda: self.source != source and self.source, "another picture")

    def pixels(self):
        """The picture's pixels as the browser shows them, [height, width, 3]."""
        script = """const i = document.querySelector('.hs-picture img'), c = document.createElement('canvas');
            c.width = i.naturalWidth; c.height = i.naturalHeight; const d = c.getContext('2d'); d.drawImage(i, 0, 0);
            return [c.height, c.width, Array.from(d.getImageData(0, 0, c.width, c.height).data)];"""
        height, width, values = self.driver.execute_script(script)
        return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]

    def press(self, row, column, to=None):
        """Clicks at a share of the picture's height and width, or drags from there to another."""
        from selenium.webdriver.common.action_chains import ActionChains

        image = self.one(".hs-picture img")
        self.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", image)
        height, width = image.size["height"], image.size["width"]
        offsets = [(int((x - 0.5) * width), int((y - 0.5) * height)) for y, x in [(row, column)] + ([to] if to else [])]
        chain = ActionChains(self.driver, duration=50).move_to_element_with_offset(image, *offsets[0]).click_and_hold()
        if to:
            chain = chain.move_to_element_with_offset(image, *offsets[1])
        chain.release().perform()

    def choose(self, name, value):
        """Chooses from a menu."""
        self.one(f".at-{name}").click()
        for item in self.until(lambda: self.all(".q-menu .q-item"), f"menu of {name}"):
            if item.get_attribute("textContent") == value:
                self.driver.execute_script("arguments[0].click()", item)
                break
        else:
            pytest.fail(f"{name} offers no {value}")
        self.until(lambda: not self.all(".q-menu"), "the menu to close")

    def kind(self, name):
        source = self.source
        next(button for button in self.all(".at-kind button") if button.text == name).click()
        return self.changed(source)

    def error(self):
        return self.until(lambda: self.text(".at-error"), "an error")
