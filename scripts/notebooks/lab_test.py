"""JupyterLab in a browser: a notebook with a search is opened and run, its figure is seen, and a cell that would run for ever is
interrupted by the button."""
import os
import pathlib
import re
import secrets
import socket
import subprocess
import sys
import time
import unittest

import nbformat
from playwright.sync_api import expect, sync_playwright

WORK = pathlib.Path(os.environ["WORK"])
CELLS = [
    "local data = dataset.cosines{measurement = measurement.blur{}, seed = 1}\nlocal found = darts.search{space = darts.space{nodes = 4}, data = data, seed = 1, steps = 200}\nprint(found)",
    'plot.line{y = {loss = {3, 2, 1.5, 1.2}, bound = {1, 1, 1, 1}}, title = "a figure"}',
    "while true do pcall(function() while true do end end) end",
    'print("still " .. "here")',
]


class LabTest(unittest.TestCase):
    def setUp(self):
        self.folder = WORK / "lab"
        self.folder.mkdir()
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
        notebook.metadata.kernelspec = {"name": "oche", "display_name": "Oche", "language": "lua"}
        nbformat.write(notebook, self.folder / "search.ipynb")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.token = secrets.token_hex()
        self.log = open(WORK / "lab.log", "wb")
        root = ["--allow-root"] if os.getuid() == 0 else []
        self.server = subprocess.Popen([sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}", f"--IdentityProvider.token={self.token}", f"--ServerApp.root_dir={self.folder}",
                                        "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", *root], stdout=self.log, stderr=self.log)
        self.url = f"http://127.0.0.1:{port}/lab/tree/search.ipynb?token={self.token}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.2)
        self.fail((WORK / "lab.log").read_text())

    def tearDown(self):
        self.server.terminate()
        self.server.wait(20)
        self.log.close()

    def test_search_figure_interrupt(self):
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1200, "height": 1400})
            page.set_default_timeout(60000)
            try:
                page.goto(self.url)
                cells = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-CodeCell")
                expect(cells).to_have_count(len(CELLS), timeout=60000)
                expect(page.get_by_text(re.compile(r"Oche \| Idle"))).to_be_visible(timeout=60000)
                for i in (0, 1):
                    cells.nth(i).locator(".cm-content").click()
                    page.keyboard.press("Control+Enter")
                expect(cells.nth(0).locator(".jp-OutputArea-output").first).to_contain_text("search:", timeout=60000)
                figure = cells.nth(1).locator(".jp-OutputArea-output").locator("svg, canvas, img").first
                expect(figure).to_be_visible(timeout=60000)
                box = figure.bounding_box()
                self.assertGreater(min(box["width"], box["height"]), 100)
                cells.nth(2).locator(".cm-content").click()
                page.keyboard.press("Control+Enter")
                expect(cells.nth(2).locator(".jp-InputPrompt")).to_contain_text("*")
                time.sleep(0.5)
                page.locator('[data-command="notebook:interrupt-kernel"], [title*="Interrupt the kernel"], [aria-label*="Interrupt the kernel"]').first.click()
                expect(cells.nth(2).locator(".jp-OutputArea-output")).to_contain_text("interrupted", timeout=20000)
                cells.nth(3).locator(".cm-content").click()
                page.keyboard.press("Control+Enter")
                expect(cells.nth(3).locator(".jp-OutputArea-output")).to_contain_text("still here", timeout=20000)
                # Tab asks the kernel for names.
                cells.nth(3).locator(".cm-content").click()
                page.keyboard.press("Control+End")
                page.keyboard.type("\ntensor.zer")
                page.keyboard.press("Tab")
                expect(page.locator(".jp-Completer")).to_contain_text("zeros_like", timeout=20000)
            finally:
                page.screenshot(path=os.environ.get("SCREENSHOT", str(WORK / "lab.png")))
                browser.close()


if __name__ == "__main__":
    unittest.main(verbosity=1)
