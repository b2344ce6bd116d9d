# Copyright: netfs.bench contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report in a browser that has no network: every picture is drawn, nothing is asked for, everything is there.

Needs Debian's chromium, or the browser that CHROMIUM names. With PAGES_OUT=DIRECTORY the pictures of what was seen are
kept there; with REPORT_RUN=DIRECTORY a real run is looked at as well, with SUITES_RUN=DIRECTORY one of suites, with
ACCEPTANCE=DIRECTORY a checklist.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import suites
import synthetic
from playwright.sync_api import sync_playwright

from ansible_collections.netfs.bench.plugins.plugin_utils import _acceptance, _acceptance_report

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
SIZES = {"desk": (1280, 900), "phone": (360, 740)}
LARGE = 12_800
MADE = ("rich", "smoke", "pair")
REAL = os.environ.get("REPORT_RUN", "")


def report(directory: Path) -> Path:
    """Write the reports of a run with the command-line tool; the path of the page."""
    words = [str(ROOT / "tools/netfs-bench"), "report", str(directory)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 10, 11, 12, 13, 20, 21), done.stderr
    return directory / "report.html"


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    """Pages of runs in which everything happens, nothing can be compared, and a baseline is compared with."""
    results = tmp_path_factory.mktemp("results")
    one = {name: synthetic.WORKLOADS[name] for name in ("rand-read-4k", "seq-read-1m")}
    smoke = synthetic.Shape({"ganesha": 1.0}, ["nfs3"], one, ["warm"], 1, extras=False)
    pair = synthetic.Shape({"ganesha": 1.0, "samba": 1.2}, ["nfs3", "nfs4.2"], one, ["warm"], 8)
    found = {
        "rich": report(synthetic.write_run(results / "rich", synthetic.RICH, synthetic.everything_happens)),
        "smoke": report(synthetic.write_run(results / "smoke", smoke)),
        "pair": report(synthetic.write_run(results / "pair", pair)),
    }
    if REAL:
        copy = shutil.copytree(REAL, results / "real")
        found["real"] = report(Path(copy))
    return found


@pytest.fixture(scope="session")
def browser():
    if not CHROMIUM:
        pytest.fail("There is no chromium. Install Debian's package chromium, or name a browser with CHROMIUM.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def look(browser):
    """Open a page offline; what went wrong and what was asked for is collected in lists of the page."""
    contexts = []

    def opened(path, size="desk", scheme="light", **more):
        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            offline=True,
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.wrong, page.asked = [], []
        page.on(
            "console", lambda message: page.wrong.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: page.wrong.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_function("document.body.dataset.state === 'ready'")
        return page

    yield opened
    for context in contexts:
        context.close()


NOTHING_IN_SIGHT_IS_MISSING = """() =>
    [...document.querySelectorAll('.figure:not(:has(.cartesianlayer))')].every(figure => {
        const {top, bottom} = figure.getBoundingClientRect();
        return bottom <= 0 || top >= innerHeight || top === bottom;
    })"""


def read_through(page):
    """Scroll from top to bottom, as a reader does, until every picture in sight was drawn."""
    y, height = 0, page.evaluate("document.documentElement.scrollHeight")
    while y < height:
        page.evaluate(f"scrollTo({{top: {y}, behavior: 'instant'}})")
        page.wait_for_function(NOTHING_IN_SIGHT_IS_MISSING)
        y += 600


def nothing_wrong(page, path):
    """No message on the console, and nothing asked for but the page itself."""
    assert page.wrong == []
    assert {url for url in page.asked if not url.startswith("data:")} == {path.as_uri()}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [*MADE, *(["real"] if REAL else [])])
def test_every_picture_is_drawn_and_fits(look, pages, name, size, scheme):
    page = look(pages[name], size, scheme)
    read_through(page)
    figures, drawn = (page.locator(css).count() for css in (".figure", ".figure:has(.cartesianlayer)"))
    assert figures > 0
    assert drawn == figures
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # what stands in a picture must not leave it
    over = """[...document.querySelectorAll('.figure')].flatMap((place) => {
        const edge = place.getBoundingClientRect().right + 1;
        const texts = [...place.querySelectorAll('.annotation-text-g, .legend')];
        return texts.filter((text) => text.getBoundingClientRect().right > edge).map((text) => text.textContent);
    })"""
    assert page.evaluate(over) == []
    nothing_wrong(page, pages[name])
    if os.environ.get("PAGES_OUT"):
        page.screenshot(path=f"{os.environ['PAGES_OUT']}/{name}-{size}-{scheme}.png", full_page=True)


@pytest.fixture(scope="session")
def suites_page(tmp_path_factory):
    """The page of a run of suites in which every word falls; with SUITES_RUN=DIRECTORY that of a real run."""
    directory = tmp_path_factory.mktemp("suites") / "run"
    if os.environ.get("SUITES_RUN"):
        return report(Path(shutil.copytree(os.environ["SUITES_RUN"], directory)))
    records = [
        suites.record(system, protocol, outcomes, suite)
        for suite, given in {
            "posix": ("pfs", "pps", "ppp"),
            "same": ("pf", "pf", "pp"),
            "good": ("p", "p", "p"),
            "slow": (None, "p", "p"),
        }.items()
        for (system, protocol), outcomes in zip(suites.PLACES, given, strict=True)
    ]
    lost = suites.record("ganesha", "nfs3", "p", "lost")
    records += [
        suites.consistency_record("ganesha", "nfs3", "close-to-open", "invalid", "invalid"),
        suites.consistency_record("kernel-nfs", "nfs3", "close-to-open", "valid", "invalid"),
    ]
    return report(suites.write_run(directory, records, planned=[*records, lost]))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_suites_fits_and_leads_to_its_evidence(look, suites_page, size, scheme):
    page = look(suites_page, size, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    links = page.locator("#verdict td a")
    targets = [links.nth(number).get_attribute("href") for number in range(links.count())]
    assert targets
    for target in targets:
        assert page.locator(f"[id='{target[1:]}']").count() == 1, target
    if os.environ.get("PAGES_OUT"):
        page.screenshot(path=f"{os.environ['PAGES_OUT']}/suites-{size}-{scheme}.png", full_page=True)
    # evidence that was closed opens for who follows its link, and is there on paper
    closed = page.locator("#evidence > details:not([open])")
    if closed.count():
        name = closed.first.get_attribute("id")
        page.locator(f"#verdict td a[href='#{name}']").first.click()
        # the script hears of it after the click
        page.locator(f"[id='{name}'][open]").wait_for()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#evidence details:not([open])").count() == 0
    nothing_wrong(page, suites_page)


@pytest.fixture(scope="session")
def acceptance_page(tmp_path_factory):
    """The checklist of a cluster with a line of every state; with ACCEPTANCE=DIRECTORY a real one."""
    if os.environ.get("ACCEPTANCE"):
        return Path(os.environ["ACCEPTANCE"]) / "acceptance.html"
    plan = {"topology": "two", "deployment": {"system": "one"}, "node_kind": "docker", "nodes": {}, "sites": ["a"]}
    cluster = _acceptance.Cluster(plan, {}, [], "2026-12-01T00:00:00.000+00:00")
    found = [_acceptance.Evidence("/a/" + "long/" * 60, f"node-{number} is there", cluster.at) for number in range(9)]
    lines = [
        _acceptance.Line(state, f"A line that is {state}", state, *texts, tuple(found[:count]))
        for state, texts, count in (
            ("pass", ("", ""), 9),
            ("fail", ("<b>It</b> is down.", "Start it."), 2),
            ("not-measured", ("Nothing was asked.", "Ask."), 0),
            ("not-applicable", ("There is none.", ""), 0),
        )
    ]
    results = tmp_path_factory.mktemp("accepted")
    *_others, page = _acceptance_report.write(results, _acceptance.Acceptance(cluster, lines), "0.2.0")
    return Path(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_the_page_of_an_acceptance_fits_and_leads_to_its_evidence(look, acceptance_page, size, scheme):
    page = look(acceptance_page, size, scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    document = json.loads(acceptance_page.with_suffix(".json").read_text(encoding="utf-8"))
    links = page.locator("#verdict td a")
    targets = [links.nth(number).get_attribute("href") for number in range(links.count())]
    assert targets == [f"#line-{line['name']}" for line in document["lines"]]
    if os.environ.get("PAGES_OUT"):
        page.screenshot(path=f"{os.environ['PAGES_OUT']}/acceptance-{size}-{scheme}.png", full_page=True)
    # what passes is closed, opens for who follows its link, and is there on paper
    closed = page.locator("#evidence > details:not([open])")
    name = closed.first.get_attribute("id")
    page.locator(f"#verdict td a[href='#{name}']").click()
    page.locator(f"[id='{name}'][open]").wait_for()
    (passed,) = [line for line in document["lines"] if f"line-{line['name']}" == name]
    shown = page.locator(f"[id='{name}']").inner_text()
    assert all(one["value"] in shown for one in passed["evidence"])
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#evidence details:not([open])").count() == 0
    nothing_wrong(page, acceptance_page)


@pytest.mark.parametrize("name", MADE)
def test_every_series_of_the_plan_is_on_the_page(look, pages, name):
    page = look(pages[name])
    plan = json.loads((pages[name].parent / "plan.json").read_text(encoding="utf-8"))
    planned = {(cell["system"], cell["protocol"], cell["workload"], cell["pass"]) for cell in plan["cells"]}
    shown = page.evaluate(
        "[...document.querySelectorAll('#series tbody tr')].map((row) => "
        "[...row.children].slice(0, 4).map((cell) => cell.textContent))"
    )
    assert {tuple(row) for row in shown} == planned
    for workload in plan["workloads"]:
        assert page.locator("#workloads summary", has_text=workload).count() == 1


def test_what_failed_is_red_and_named(look, pages):
    page = look(pages["rich"])
    row = page.locator("#failed tr", has_text="rclone nfs3 sync-write-4k warm")
    word = row.locator(".word")
    assert word.inner_text() == "✖ failed"
    red, green, blue = map(int, word.evaluate("(word) => getComputedStyle(word).color.match(/\\d+/g)")[:3])
    assert red > 2 * max(green, blue)
    assert "fio was killed after 150 s" in row.inner_text()
    assert "Exit code 13" in page.locator("#verdict").inner_text()


def test_the_six_words_are_explained_and_every_verdict_is_one_of_them(look, pages):
    page = look(pages["rich"])
    words = page.locator("dl.words dt").all_inner_texts()
    assert {"▲ faster", "▼ slower", "= equivalent", "? inconclusive", "≈ noisy", "… too-few"} <= set(words)
    ranked = page.evaluate(
        "[...document.querySelectorAll('#ranking td.word')].map((cell) => cell.firstChild.textContent)"
    )
    assert ranked
    assert set(ranked) <= set(words)


def test_a_run_of_one_trial_says_too_few(look, pages):
    page = look(pages["smoke"])
    assert "Too few: 1 trial per series" in page.locator("#verdict").inner_text()
    assert "not measured" in page.locator("#belief").inner_text()


def test_a_reader_clicks_through_it(look, pages):
    page = look(pages["rich"], "phone")
    for link in page.locator("nav a").all():
        link.click()
        target = link.get_attribute("href")
        assert page.locator(target).is_visible()
    details = page.locator("#workloads details").first
    details.locator("summary").first.click()
    assert details.get_attribute("open") is None
    details.locator("summary").first.click()
    page.locator("details.long").first.locator("summary").click()
    page.locator("#workload-1 .figure").first.scroll_into_view_if_needed()
    page.locator("#workload-1 .figure svg.main-svg").first.wait_for()
    nothing_wrong(page, pages["rich"])


def test_pictures_follow_the_scheme(look, pages):
    page = look(pages["pair"], scheme="light")
    read_through(page)
    colour = "getComputedStyle(document.querySelector('.figure .annotation-text')).fill"
    before = page.evaluate(colour)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(500)
    assert page.evaluate(colour) != before
    nothing_wrong(page, pages["pair"])


def test_on_paper_everything_is_drawn_in_light_colours(look, pages, tmp_path):
    page = look(pages["pair"], scheme="dark")
    path = tmp_path / "report.pdf"
    page.pdf(path=path, format="A4")
    assert path.stat().st_size > 50_000
    assert page.locator(".figure").count() == page.locator(".figure[data-drawn]").count()
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    nothing_wrong(page, pages["pair"])


def test_without_a_script_the_tables_remain(browser, pages):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["pair"].as_uri())
    assert page.locator("#ranking tbody tr").count() == 4
    assert "The pictures need JavaScript" in page.locator("body").inner_text()
    context.close()


def test_a_large_run_is_reported_and_opens(look, tmp_path):
    path = report(synthetic.write_run(tmp_path / "large", synthetic.plain_shape(LARGE)))
    page = look(path)
    assert page.locator("#series tbody tr").count() == LARGE / 8
    page.locator("#workload-1 summary").first.click()
    page.locator("#workload-1 .figure svg.main-svg").first.wait_for()
    nothing_wrong(page, path)
