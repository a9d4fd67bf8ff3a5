"""The page of a listening test in a real browser, by keyboard alone."""

import json
import re
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
    # Chromium holds the name with an empty file until the download has ended.
    wait(browser, lambda: [file for file in folder.glob("*.json") if file.stat().st_size])
    return next(folder.glob("*.json"))


@pytest.fixture
def written(frame, checks, tmp_path):
    page, key = build_labelling(frame, checks, 12, "a test", seed=1)
    write_test(page, key, tmp_path / "page.html")
    return tmp_path / "page.html", tmp_path / "page.key.csv", key


def test_a_session_by_keyboard_alone_survives_a_reload_and_merges(browser, written, tmp_path):
    page, key_csv, key = written
    right = set(key["trial_id"][key["expected"] == "yes"])
    start(browser, page, "Zoë 語")
    for index in range(len(key)):
        wait(browser, lambda at=index: shown(browser, "status") == f"Clip {at + 1} of {len(key)}")
        hear(browser, Keys.SPACE)
        is_right = browser.execute_script("return order[position].id") in right
        press(browser, *("1y" if is_right else "3qtn"), Keys.ENTER)
        if index == 4:
            browser.refresh()
    wait(browser, lambda: shown(browser, "status") == f"{len(key)} of {len(key)} answered.")
    file = export(browser, tmp_path / "downloads")
    assert "by Zoë 語" in shown(browser, "status")
    answers = json.loads(file.read_text())["answers"]
    assert set(answers) == set(key["trial_id"])
    expected = {"says": "no", "defects": ["missing", "cut"], "publish": "no"}
    assert {id for id, given in answers.items() if given["answer"] != expected} == right
    assert not merge(key_csv, [file], tmp_path / "out").startswith("SIMULATED")
    assert pd.read_csv(tmp_path / "out/refused.csv").empty
    rater = pd.read_csv(tmp_path / "out/raters.csv").iloc[0]
    assert rater[["rater", "num_right", "num_catch", "kept"]].tolist() == ["Zoë 語", 2, 2, True]
    assert 0 < rater["minutes"] < 5
    assert not [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]


@pytest.fixture
def exported(browser, written, tmp_path):
    """A page with one answer, and the file of it."""
    start(browser, written[0])
    hear(browser, Keys.SPACE)
    press(browser, "1", "y", Keys.ENTER)
    wait(browser, lambda: shown(browser, "status").startswith("Clip 2 of"))
    return export(browser, tmp_path / "downloads")


def offer(browser, file):
    """Imports a file into the page of a browser that has forgotten all answers."""
    browser.execute_script("localStorage.clear(); answers = {}; resume()")
    browser.find_element(By.ID, "import").send_keys(str(file))
    wait(browser, lambda: "mported" in shown(browser, "status"))
    return shown(browser, "status")


def test_an_export_goes_on_in_another_browser(browser, exported):
    assert offer(browser, exported) == "1 answers imported; those already here were kept."
    assert browser.execute_script("return position") == 1


CHANGES = {
    "changed by hand": lambda text: text.replace('"says": "yes"', '"says": "no"'),
    "of another listening test": lambda text: text.replace('"study": "', '"study": "0'),
    "of the rater Eve L.; begin under that name": lambda text: text.replace("Ada", "Eve"),
    "no JSON file": lambda text: text[:-1],
    "no file of this kind of test": lambda text: "null",
    "no export of this page": lambda text: text.replace('"answers"', '"replies"'),
}


def test_an_import_that_does_not_fit_is_refused_by_name(browser, exported):
    content = exported.read_text()
    for reason, change in CHANGES.items():
        exported.write_text(change(content))
        said = offer(browser, exported)
        assert said.startswith("Not imported: ")
        assert reason in said
        assert browser.execute_script("return Object.keys(answers).length") == 0


def test_a_clip_that_was_replaced_in_the_page_cannot_be_rated(browser, written):
    page = written[0]
    found = re.findall(r'"data": "([^"]+)"', page.read_text())
    page.write_text(page.read_text().replace(found[1], found[0]))
    start(browser, page)
    browser.execute_script(f"show(order.findIndex(t => t.clips[0].data === '{found[0]}'))")
    replaced = "return order.findIndex((t, i) => t.clips[0].data === arguments[0] && i > position)"
    second = browser.execute_script(replaced, found[0])
    said = []
    for index in (browser.execute_script("return position"), second):
        browser.execute_script("show(arguments[0])", index)
        time.sleep(0.5)
        said.append(shown(browser, "status"))
        is_fine = browser.find_element(By.CSS_SELECTOR, "#players button").is_enabled()
        assert is_fine == said[-1].startswith("Clip")
    assert sum(text.startswith("The sound of this clip was replaced") for text in said) == 1


def test_a_screen_reader_has_a_name_for_everything_that_can_be_used(browser, written):
    start(browser, written[0])
    hear(browser, Keys.SPACE)
    nodes = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    used = {"button", "radio", "checkbox", "textbox", "progressbar", "group", "main", "heading"}
    named: dict[str, list[str]] = {}
    for node in nodes:
        role = node.get("role", {}).get("value")
        if role in used and not node.get("ignored"):
            named.setdefault(role, []).append(node.get("name", {}).get("value", ""))
    assert all(name for role, names in named.items() for name in names if role != "main")
    assert "Does it say the text?" in named["group"]
    assert "Clips answered" in named["progressbar"]
    assert len(named["radio"]) == 5
    assert len(named["checkbox"]) == 5


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


def test_a_phone_shows_what_is_missing_where_the_thumb_is_and_the_next_clip_from_its_top(
    browser, written
):
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", PHONE)
    start(browser, written[0])
    hear(browser, Keys.SPACE)
    press(browser, "1")
    below = browser.find_element(By.ID, "next")
    browser.execute_script("arguments[0].scrollIntoView()", below)
    below.click()
    assert shown(browser, "status") == "Please answer: Would you publish it?"
    for part in ("#status", "fieldset.missing"):
        box = "return document.querySelector(arguments[0]).getBoundingClientRect()"
        place = browser.execute_script(box, part)
        assert 0 <= place["top"] < place["bottom"] <= PHONE["height"]
    press(browser, "y", Keys.ENTER)
    assert shown(browser, "status").startswith("Clip 2 of")
    assert browser.execute_script("return window.scrollY") == 0
    assert not browser.find_elements(By.CSS_SELECTOR, ".missing")


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


def test_blind_pairs_are_heard_and_chosen_by_keys(browser, frame, checks, tmp_path):
    page, key = build_pairs(frame, checks, ("x", "y"), 3, "pairs", seed=1)
    write_test(page, key, tmp_path / "page.html")
    start(browser, tmp_path / "page.html")
    assert shown(browser, "status") == f"Pair 1 of {len(key)}"
    better = dict(zip(key["trial_id"], key["expected"], strict=True))
    choices = iter("123")
    for _ in range(len(key)):
        hear(browser, "a", "b")
        expected = better[browser.execute_script("return order[position].id")]
        press(browser, {"a": "1", "b": "3"}.get(expected) or next(choices), Keys.ENTER)
    wait(browser, lambda: shown(browser, "status") == f"{len(key)} of {len(key)} answered.")
    file = export(browser, tmp_path / "downloads")
    merge(tmp_path / "page.key.csv", [file], tmp_path / "out")
    table = pd.read_csv(tmp_path / "out/preferences.csv")
    assert table[["wins", "losses", "ties"]].sum(axis=1).item() == 3
    assert table["ties"].item() == 1
