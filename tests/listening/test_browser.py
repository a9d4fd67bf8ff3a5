"""The page of a listening test in a real browser, by keyboard alone."""

import json
import shutil
import time

import pandas as pd
import pytest

from selfverify.listening.building import build_labelling, build_pairs, write_test
from selfverify.listening.merging import merge

pytest.importorskip("selenium", reason="needs selenium: pip install -r envs/requirements.lock")
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not (CHROMIUM and DRIVER):
    pytest.skip("needs Chromium: apt-get install chromium chromium-driver", allow_module_level=True)
FLAGS = (
    "headless=new", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run",
    "disable-background-networking", "disable-component-update", "disable-sync",
    "autoplay-policy=no-user-gesture-required",
)  # fmt: skip
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
PATIENCE_S = 20


@pytest.fixture
def browser(tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"user-data-dir={tmp_path / 'profile'}", "window-size=900,1000"):
        options.add_argument(f"--{flag}")
    folder = str(tmp_path / "downloads")
    options.add_experimental_option("prefs", {"download.default_directory": folder})
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def wait(browser, condition):
    return WebDriverWait(browser, PATIENCE_S, 0.02).until(lambda _: condition())


def press(browser, *keys):
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def shown(browser, name):
    return browser.find_element(By.ID, name).text


def can_go_on(browser):
    return browser.find_element(By.ID, "next").is_enabled()


def hear(browser, *keys):
    """Plays the clips by their keys, each to its end."""
    for index, key in enumerate(keys):
        press(browser, key)
        button = browser.find_elements(By.CSS_SELECTOR, "#players button")[index]
        wait(browser, lambda button=button: button.text.endswith("again"))
    assert can_go_on(browser)


def start(browser, page, rater="Ada L."):
    browser.get(page.as_uri())
    press(browser, rater, Keys.ENTER)


def export(browser, folder):
    while browser.switch_to.active_element.get_attribute("id") != "export":
        press(browser, Keys.TAB)
    press(browser, Keys.ENTER)
    wait(browser, lambda: list(folder.glob("*.json")))
    return next(folder.glob("*.json"))


@pytest.fixture
def written(frame, tmp_path):
    page, key = build_labelling(frame, 12, "a test", seed=1)
    write_test(page, key, tmp_path / "page.html")
    return tmp_path / "page.html", tmp_path / "page.key.csv", key


def test_a_session_by_keyboard_alone_survives_a_reload_and_merges(browser, written, tmp_path):
    page, key_csv, key = written
    start(browser, page)
    for index in range(len(key)):
        wait(browser, lambda at=index: shown(browser, "status") == f"Clip {at + 1} of {len(key)}")
        hear(browser, Keys.SPACE)
        press(browser, "3", "q", "t", "n", Keys.ENTER)
        if index == 4:
            browser.refresh()
    wait(browser, lambda: shown(browser, "status") == f"{len(key)} of {len(key)} answered.")
    file = export(browser, tmp_path / "downloads")
    assert "by Ada L." in shown(browser, "status")
    content = json.loads(file.read_text())
    assert set(content["answers"]) == set(key["trial_id"])
    expected = {"says": "no", "defects": ["missing", "cut"], "publish": "no"}
    assert all(given["answer"] == expected for given in content["answers"].values())
    assert not merge(key_csv, [file], tmp_path / "out").startswith("SIMULATED")
    assert pd.read_csv(tmp_path / "out/refused.csv").empty
    raters = pd.read_csv(tmp_path / "out/raters.csv")
    assert raters.to_dict("records") == [
        {"rater": "Ada L.", "num_right": 2, "num_catch": 2, "kept": True}
    ]
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


def test_neither_text_nor_answers_are_there_before_the_clip_was_heard(browser, written):
    start(browser, written[0])
    press(browser, "1", "y", Keys.ENTER)
    assert not browser.find_elements(By.CSS_SELECTOR, "input:checked")
    assert shown(browser, "text").startswith("The text appears")
    hear(browser, Keys.SPACE)
    assert "<b>" in shown(browser, "text")
    press(browser, Keys.ENTER)
    assert shown(browser, "status").startswith("Please answer: Does it say the text?")


def test_a_clip_left_playing_does_not_count_as_heard_in_the_next_trial(browser, written):
    start(browser, written[0])
    hear(browser, Keys.SPACE)
    press(browser, "1", "y", Keys.SPACE, Keys.ENTER)
    wait(browser, lambda: shown(browser, "status").startswith("Clip 2 of"))
    time.sleep(0.5)  # five times the clip
    assert not can_go_on(browser)


def test_going_back_shows_the_answer_and_changes_it(browser, written):
    start(browser, written[0])
    hear(browser, Keys.SPACE)
    press(browser, "1", "y", Keys.ENTER)
    wait(browser, lambda: shown(browser, "status").startswith("Clip 2 of"))
    press(browser, Keys.ARROW_LEFT)
    chosen = browser.find_elements(By.CSS_SELECTOR, "input:checked")
    assert [box.get_attribute("value") for box in chosen] == ["yes", "yes"]
    press(browser, "3", Keys.ENTER, Keys.ARROW_LEFT)
    chosen = browser.find_elements(By.CSS_SELECTOR, "input:checked")
    assert [box.get_attribute("value") for box in chosen] == ["no", "yes"]


def test_a_phone_shows_the_page_without_scrolling_sideways(browser, written):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    browser.get(written[0].as_uri())
    width = "return document.documentElement.scrollWidth"
    assert browser.execute_script(width) <= PHONE["width"]
    press(browser, "x" * 60, Keys.ENTER)
    hear(browser, Keys.SPACE)
    assert browser.execute_script(width) <= PHONE["width"]
    targets = "#players button, #answers label, #answers button, #tools button"
    for target in browser.find_elements(By.CSS_SELECTOR, targets):
        assert target.size["height"] >= 36  # CSS pixels, for a thumb


def test_another_person_at_the_same_browser_starts_afresh(browser, written):
    start(browser, written[0])
    hear(browser, Keys.SPACE)
    press(browser, "1", "y", Keys.ENTER)
    wait(browser, lambda: shown(browser, "status").startswith("Clip 2 of"))
    while browser.switch_to.active_element.get_attribute("id") != "change":
        press(browser, Keys.TAB)
    press(browser, Keys.ENTER)
    press(browser, "Grace", Keys.ENTER)
    wait(browser, lambda: shown(browser, "status").startswith("Clip 1 of"))
    assert shown(browser, "who") == "Grace"


def test_blind_pairs_are_heard_and_chosen_by_keys(browser, frame, tmp_path):
    page, key = build_pairs(frame, ("x", "y"), 3, "pairs", seed=1)
    write_test(page, key, tmp_path / "page.html")
    start(browser, tmp_path / "page.html")
    for choice in "123":
        hear(browser, "a", "b")
        press(browser, choice, Keys.ENTER)
    wait(browser, lambda: shown(browser, "status") == "3 of 3 answered.")
    file = export(browser, tmp_path / "downloads")
    merge(tmp_path / "page.key.csv", [file], tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/preferences.csv")
    assert table[["wins", "losses", "ties"]].sum(axis=1).item() == 3
    assert table["ties"].item() == 1
