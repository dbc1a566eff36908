"""The report in a real browser: it works, it is quiet, and it asks for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import complaints, opened_browser, requested
from report_cohort import write_drawn_report

pytestmark = pytest.mark.slow

PATIENTS = 12


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawn_report(tmp_path_factory.mktemp("report"), patients=PATIENTS, lesions=200, readers=2)


@pytest.fixture
def browser(report: Path) -> Iterator[Any]:
    """The report in a wide, light window; whatever a test did, nothing was loaded and nothing went wrong."""
    with opened_browser() as opened:
        opened.get(report.as_uri())
        yield opened
        assert complaints(opened) == []
        assert requested(opened) == [report.as_uri()]


def ask(browser: Any, script: str) -> Any:
    return browser.execute_script(f"return {script}")


def press(browser: Any, selector: str, keys: str) -> None:
    browser.find_element("css selector", selector).send_keys(keys)


def test_the_first_screen_holds_what_a_reviewer_asks_first(browser: Any) -> None:
    names = ask(browser, "[...document.querySelectorAll('.first h3')].map(e => e.textContent)")
    assert names == ["What was predicted", "For whom", "How well", "What it must not be used for"]
    assert ask(browser, "document.querySelector('.limit').getBoundingClientRect().bottom <= innerHeight")
    assert ask(browser, "document.querySelector('.notice').textContent").startswith("SYNTHETIC")


def test_every_picture_says_what_it_shows(browser: Any) -> None:
    assert ask(browser, "document.querySelectorAll('img, svg').length") > 5
    silent = "[...document.querySelectorAll('img, svg')].filter(e => !(e.alt || e.getAttribute('aria-label')))"
    assert ask(browser, f"{silent}.length") == 0
    broken = "[...document.images].filter(e => !e.complete || !e.naturalWidth)"
    assert ask(browser, f"{broken}.length") == 0


def column(browser: Any, number: int) -> list[str]:
    return ask(
        browser, f"[...document.querySelectorAll('[data-sortable] tbody tr')].map(r => r.cells[{number}].textContent)"
    )


def test_the_lesion_table_is_sorted_by_number_and_by_word(browser: Any) -> None:
    heads = ask(browser, "[...document.querySelectorAll('[data-sortable] th')].map(e => e.textContent)")
    for name, parse in (("risk", lambda text: float(text.replace("\N{MINUS SIGN}", "-"))), ("organ", str)):
        number = heads.index(name)
        press(browser, f"[data-sortable] th:nth-child({number + 1}) button", " ")
        values = [parse(text) for text in column(browser, number)]
        assert values == sorted(values, reverse=True)
        assert values != sorted(values)
        press(browser, f"[data-sortable] th:nth-child({number + 1}) button", " ")
        assert [parse(text) for text in column(browser, number)] == sorted(values)
        sorted_as = ask(browser, f"document.querySelectorAll('[data-sortable] th')[{number}].getAttribute('aria-sort')")
        assert sorted_as == "ascending"


def test_rows_are_filtered_by_words(browser: Any) -> None:
    press(browser, ".tools input", "drawn-0003 bone")
    shown = ask(
        browser,
        "[...document.querySelectorAll('[data-sortable] tbody tr')].filter(r => !r.hidden).map(r => r.textContent)",
    )
    assert shown
    assert all("drawn-0003" in row and "bone" in row for row in shown)


def test_a_patient_is_chosen_by_mouse_key_and_name(browser: Any) -> None:
    assert ask(browser, "document.querySelectorAll('#list [role=option]').length") == PATIENTS
    first = ask(browser, "document.querySelector('#patient h3').textContent")
    press(browser, "#list", "\ue015")  # arrow down
    second = ask(browser, "document.querySelector('#patient h3').textContent")
    assert first != second
    assert ask(browser, "document.querySelector('#list [aria-selected=true]').textContent").startswith(second)
    press(browser, "#find", "0007")
    browser.find_element("css selector", "#list [role=option]:not([hidden])").click()
    assert ask(browser, "document.querySelector('#patient h3').textContent") == "drawn-0007"


def test_the_lesions_of_a_patient_add_up_to_the_log_hazard(browser: Any) -> None:
    texts = "[...document.querySelectorAll('.fall .add')].map(e => Number(e.textContent.replace('\u2212', '-')))"
    *parts, total = ask(browser, texts)
    assert len(parts) > 5
    assert sum(parts) == pytest.approx(total, abs=0.1)  # each is shown with two decimals
    bars = "[...document.querySelectorAll('.fall li:not(.sum) i:not(.zero)')].map(e => e.className)"
    assert ask(browser, bars) == ["up" if part > 0 else "down" for part in parts]
    assert ask(browser, "document.querySelectorAll('.fall .thumb:not(.empty)').length") >= 5
    readers = "[...document.querySelectorAll('.readers button')].map(e => e.textContent)"
    assert ask(browser, readers) == ["reader-1", "reader-2"]


def test_a_curve_falls_from_one_and_ends_with_the_follow_up_of_the_training_part(browser: Any) -> None:
    assert ask(browser, "document.querySelector('#patient svg').getAttribute('aria-label')").startswith(
        "Predicted survival of"
    )
    ends = ask(browser, "JSON.parse(document.getElementById('patients-data').textContent).days.at(-1)")
    assert ends < 60 * 30.4375


def test_light_and_dark_follow_the_reader_and_the_button(report: Path, browser: Any) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    light = ask(browser, ground)
    press(browser, "#theme", " ")
    dark = ask(browser, ground)
    assert light != dark
    assert ask(browser, "document.querySelector('#theme').textContent") == "Light"
    with opened_browser(is_dark=True) as other:
        other.get(report.as_uri())
        assert ask(other, ground) == dark
        press(other, "#theme", " ")
        assert ask(other, ground) == light
        assert complaints(other) == []


@pytest.mark.parametrize("width", [390, 800, 1280])
def test_neither_phone_nor_desk_scrolls_sideways(report: Path, width: int) -> None:
    with opened_browser(width, 844) as window:
        window.get(report.as_uri())
        assert ask(window, "document.documentElement.scrollWidth") == width
        assert complaints(window) == []


def test_without_a_script_the_page_still_reads(report: Path) -> None:
    with opened_browser() as plain:
        plain.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        plain.get(report.as_uri())
        text = plain.find_element("css selector", "main").text
        assert "This part needs JavaScript" in text
        assert "drawn-0003" in text
        assert requested(plain) == [report.as_uri()]


def test_it_prints_in_light_colours_without_its_controls(browser: Any) -> None:
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert ask(browser, "getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    gone = "s => getComputedStyle(document.querySelector(s)).display === 'none'"
    assert ask(browser, f"['nav', '#theme', '.chooser', '.tools'].every({gone})")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert len(browser.print_page()) > 10_000
