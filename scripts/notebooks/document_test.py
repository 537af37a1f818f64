"""Documents of `oche notebook` as other programs read them: nbformat, nbclient, Jupytext, a browser without a network."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

import jupytext
import nbclient
import nbformat
from playwright.sync_api import sync_playwright

OCHE, WORK, EXAMPLES = os.environ["OCHE"], pathlib.Path(os.environ["WORK"]), pathlib.Path(os.environ["EXAMPLES"])
# What an example is given so that it takes seconds.
ONE = ["--trials", "1"]
SMALL = {"strategies.lua": ONE, "table1.lua": ONE, "figure2.lua": ONE, "recipe.lua": ONE, "exhaustive.lua": ONE, "sensitivity.lua": ONE, "robustness.lua": ONE,
         "seeds.lua": ["--data", "2", "--search", "2", "--retrain", "2"], "tabulate.lua": ["small.csv", "--nodes", "2", "--seeds", "2", "--steps", "20"]}
SCRIPTS = sorted(EXAMPLES.glob("*.lua"))

HOSTILE = r'''
-- %% [markdown]
-- # A <script>alert("heading")</script> page
--
-- <img src=x onerror="alert('markdown')"> [link](javascript:alert('link')) ![i](x" onerror="alert(1))
--
-- ```html
-- </code></pre><script>alert("fence")</script>
-- ```
-- %% <script>alert("title")</script> `touch PWNED` $(touch PWNED)
name = "\"; system \"touch PWNED\"; \"</text></svg><script>alert('figure')</script> `touch PWNED` $HOME %s @x ]]> &lt; \\ {/Times y} \u{202E}\u{5D0} \u{1F9D1}\u{200D}\u{1F680}"
local f = plot.line{y = {[name] = {1, 3, 2}, b = {3, 1, 2}}, title = name, xlabel = name, ylabel = name, note = name}
f
-- %%
for _, ending in ipairs{".svg", ".png", ".pdf", ".vl.json", ".txt"} do f:save("f" .. ending) end
plot.box{y = {[name] = {1, 2, 3}, b = {2, 3, 4}}}
-- %%
print("<script>alert('printed')</script>\27[31m\0")
display(name)
-- %%
local s = study.new{name = name, trials = 1, data = {{name = name, dataset.cosines{length = 16, train = 16, validation = 16, test = 16}}},
  methods = {{name = name, strategy = "fixed", architecture = "net", space = darts.space{nodes = 2}, train = {steps = 3}}}}
s:run{}
-- %%
s:box{}
-- %%
error(name)
'''


def oche(*arguments, cwd=WORK):
    return subprocess.run([OCHE, "--quiet", *map(str, arguments)], capture_output=True, text=True, cwd=cwd, timeout=150)


def sources(notebook):
    # The parts that are the script's; Jupytext leaves blank lines at the end of Markdown.
    return [(cell.cell_type, cell.source.rstrip()) for cell in notebook.cells]


class DocumentTest(unittest.TestCase):
    def test_examples_as_documents(self):
        for script in SCRIPTS:
            name = script.stem
            with self.subTest(name):
                done = oche("notebook", script, "-o", f"{name}.ipynb", "-o", f"{name}.html", "-o", f"{name}.md", "--", *SMALL.get(script.name, []))
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                notebook = nbformat.read(WORK / f"{name}.ipynb", 4)
                nbformat.validate(notebook)
                self.assertEqual((notebook.nbformat, notebook.nbformat_minor), (4, 5))
                back = oche("notebook", "--from", f"{name}.ipynb", "-o", f"{name}-back.lua")
                self.assertEqual(back.returncode, 0, back.stderr)
                self.assertEqual((WORK / f"{name}-back.lua").read_bytes(), script.read_bytes())
                self.assertEqual(sources(notebook), sources(jupytext.read(script, fmt="lua:percent")))

    def test_cell_by_cell_is_the_script(self):
        script = EXAMPLES / "custom_operation.lua"
        done = oche("notebook", script, "-o", "same.ipynb")
        self.assertEqual(done.returncode, 0, done.stderr)
        printed = "".join(o.text for c in nbformat.read(WORK / "same.ipynb", 4).cells for o in c.get("outputs", []) if o.output_type == "stream")
        times = lambda text: re.sub(r"\d+\.\d+ s\b", "? s", text)
        # A page is wider than a script's output: a table's foot breaks at other words there.
        words = lambda text: [word for line in times(text).splitlines() if not line.startswith("─") for word in line.split()]
        self.assertEqual(words(printed), words(oche(script).stdout))

    def test_nbclient_runs_examples(self):
        # Where they read and write files: as JupyterLab does, in the notebook's own folder.
        folder = shutil.copytree(EXAMPLES, WORK / "examples")
        for script in SCRIPTS:
            with self.subTest(script.name):
                path = WORK / f"run-{script.stem}.ipynb"
                self.assertEqual(oche("notebook", "--from", script, "-o", path).returncode, 0)
                notebook = nbformat.read(path, 4)
                if script.name in SMALL:
                    notebook.cells.insert(0, nbformat.v4.new_code_cell("%args " + " ".join(SMALL[script.name])))
                nbclient.NotebookClient(notebook, timeout=120, kernel_name="oche", resources={"metadata": {"path": str(folder)}}).execute()
                nbformat.validate(notebook)
                self.assertFalse([o for c in notebook.cells for o in c.get("outputs", []) if o.output_type == "error"])
                self.assertTrue(any(c.get("outputs") for c in notebook.cells))

    def test_jupytext_reads_what_is_written(self):
        notebook = nbformat.v4.new_notebook(cells=[
            nbformat.v4.new_markdown_cell("# Title\n\n* a\n\n`code`"), nbformat.v4.new_code_cell("local x = 1\n\nprint(x)", metadata={"title": "A title"}), nbformat.v4.new_raw_cell("raw\n\ntext"),
            nbformat.v4.new_code_cell(""), nbformat.v4.new_code_cell("-- comment\ny = [[\n\n]]"), nbformat.v4.new_markdown_cell("last")])
        nbformat.write(notebook, WORK / "foreign.ipynb")
        self.assertEqual(oche("notebook", "--from", "foreign.ipynb", "-o", "foreign.lua").returncode, 0)
        read = jupytext.read(WORK / "foreign.lua")
        self.assertEqual(sources(read), sources(notebook))
        self.assertEqual(read.cells[1].metadata.title, "A title")
        # And the other way: what Jupytext writes is read as the same cells.
        jupytext.write(notebook, WORK / "theirs.lua", fmt="lua:percent")
        self.assertEqual(oche("notebook", "--from", "theirs.lua", "-o", "ours.ipynb").returncode, 0)
        ours = (WORK / "theirs.lua").read_text()
        self.assertIn("-- %%", ours)
        # Jupytext heads its scripts with a raw cell of its own, as comments.
        self.assertEqual([s for s in sources(nbformat.read(WORK / "ours.ipynb", 4)) if not s[1].startswith(("---", "-- ---"))], sources(notebook))

    def test_a_failing_cell(self):
        (WORK / "fails.lua").write_text("print('kept')\n-- %% Bad\nlocal t\nt.x = 1\n-- %%\nprint('never')\n")
        done = oche("notebook", "fails.lua", "-o", "fails.ipynb", "-o", "fails.html", "-o", "fails.md")
        self.assertEqual(done.returncode, 1)
        self.assertIn("fails.lua:4: attempt to index a nil value (local 't')", done.stderr)
        notebook = nbformat.read(WORK / "fails.ipynb", 4)
        nbformat.validate(notebook)
        self.assertEqual([o.output_type for o in notebook.cells[1].outputs], ["error"])
        self.assertEqual((notebook.cells[2].outputs, notebook.cells[2].execution_count), ([], None))
        for page in ("fails.html", "fails.md"):
            text = (WORK / page).read_text()
            self.assertIn("kept", text)
            self.assertIn("attempt to index a nil value", text)
        self.assertEqual(oche("notebook", "fails.lua").returncode, 2)
        self.assertEqual(oche("notebook", "fails.lua", "-o", "x.doc").returncode, 2)
        self.assertEqual(oche("notebook", "nowhere.lua", "-o", "x.html").returncode, 1)
        self.assertIn("what was read", oche("notebook", "--from", "fails.lua", "-o", "./fails.lua").stderr)
        self.assertEqual(oche("--sandbox", "notebook", "fails.lua", "-o", "x.html").returncode, 1)

    def test_interrupted(self):
        (WORK / "long.lua").write_text("io.open('began', 'w'):close()\nprint('kept')\nwhile true do end\n-- %%\nprint('never')\n")
        run = subprocess.Popen([OCHE, "notebook", "long.lua", "-o", "long.ipynb"], cwd=WORK, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while not (WORK / "began").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.2)
        run.send_signal(signal.SIGINT)
        self.assertEqual((run.communicate(timeout=20)[1].count(b"interrupted"), run.returncode), (1, 130))
        outputs = nbformat.read(WORK / "long.ipynb", 4).cells[0].outputs
        self.assertEqual([outputs[0].text, outputs[1].ename], ["kept\n", "Interrupted"])

    def test_input(self):
        (WORK / "asks.lua").write_text("print(io.read('n', 'l'))\nfor line in io.lines() do print(line) end\n")
        done = subprocess.run([OCHE, "notebook", "asks.lua", "-o", "asks.ipynb"], cwd=WORK, input="7 seven\na\nb", text=True, capture_output=True, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(nbformat.read(WORK / "asks.ipynb", 4).cells[0].outputs[0].text, "7\t seven\na\nb\n")

    def test_a_page_in_a_browser(self):
        folder = WORK / "hostile"
        folder.mkdir()
        (folder / "h.lua").write_text(HOSTILE)
        self.assertEqual(oche("notebook", "h.lua", "-o", "h.html", "-o", "h.ipynb", cwd=folder).returncode, 1)
        self.assertEqual({p.name for p in folder.iterdir()}, {"h.lua", "h.html", "h.ipynb", "f.svg", "f.png", "f.pdf", "f.vl.json", "f.txt"})
        nbformat.validate(nbformat.read(folder / "h.ipynb", 4))
        asked, said = [], []
        with sync_playwright() as p:
            browser = p.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            for scheme in ("light", "dark"):
                page = browser.new_page(color_scheme=scheme, viewport={"width": 1200, "height": 900})
                page.on("dialog", lambda d: (said.append(d.message), d.dismiss()))
                page.on("request", lambda r: asked.append(r.url))
                page.goto((folder / "h.html").as_uri())
                self.assertEqual(page.locator("script, img, iframe, object, foreignObject").count(), 0)
                self.assertEqual(page.locator("a[href^=javascript]").count(), 0)
                visible = page.locator("figure svg:visible")
                self.assertEqual(visible.count(), 3)
                for i in range(3):
                    box = visible.nth(i).bounding_box()
                    self.assertGreater(min(box["width"], box["height"]), 100)
                ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
                self.assertEqual(ground == "rgb(255, 255, 255)", scheme == "light")
                self.assertLessEqual(page.evaluate("document.documentElement.scrollWidth"), 1200)
                text = page.inner_text("body")
                for part in ("<script>alert(\"heading\")</script>", "<script>alert(\"title\")</script>", "<script>alert('printed')</script>", "onerror=\"alert('markdown')\"", "PROVENANCE"):
                    self.assertIn(part, text)
                page.close()
                # The figure alone, as a document of its own.
                page = browser.new_page()
                page.on("dialog", lambda d: (said.append(d.message), d.dismiss()))
                page.goto((folder / "f.svg").as_uri())
                self.assertIn("alert('figure')", page.evaluate("document.documentElement.textContent"))
                self.assertEqual(page.evaluate("document.querySelectorAll('script, parsererror').length"), 0)
                page.close()
            browser.close()
        self.assertEqual(said, [])
        self.assertTrue(all(url.startswith("file:") for url in asked), asked)


if __name__ == "__main__":
    unittest.main(verbosity=1)
