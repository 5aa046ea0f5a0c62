#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A headless Chromium for test_page.sh, driven through its debugging pipe.

Reads lines from standard input, answers each with one line of JSON:
  open URL                    a new page; the answer is true once it is loaded
  size WIDTH HEIGHT SCHEME    of the window; light or dark
  eval EXPRESSION             its value (promises are awaited)
  wait SECONDS EXPRESSION     true as soon as it is true, or false
  shot FILE                   a PNG of what is visible
  heap                        bytes that the page's objects have, without garbage
  complaints                  console errors, exceptions, failed requests since the start
  requests                    origins that were asked for anything
"""
import base64
import json
import os
import subprocess
import sys
import time

BROWSERS = ("chromium-headless-shell", "chromium")


class Browser:
    def __init__(self):
        to_browser, from_us = os.pipe()
        from_browser, to_us = os.pipe()
        os.set_inheritable(to_browser, True)
        os.set_inheritable(to_us, True)

        def give_pipes():
            os.dup2(to_browser, 3)
            os.dup2(to_us, 4)

        program = next(b for b in BROWSERS if any(
            os.access(os.path.join(d, b), os.X_OK) for d in os.environ["PATH"].split(":")))
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe",
             "--disable-dev-shm-usage", "--user-data-dir=" + sys.argv[1], "about:blank"],
            preexec_fn=give_pipes, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(to_us)
        self.out, self.inp = from_us, from_browser
        self.buf, self.last_id, self.session = b"", 0, None
        self.complaints, self.origins, self.events = [], set(), []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def read(self, deadline):
        while b"\0" not in self.buf:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            import select
            if not select.select([self.inp], [], [], left)[0]:
                raise TimeoutError
            piece = os.read(self.inp, 1 << 20)
            if not piece:
                raise EOFError
            self.buf += piece
        message, self.buf = self.buf.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        method, params = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            self.complaints.append(params["exceptionDetails"].get("exception", {}).get("description", "?"))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.complaints.append(params["entry"]["text"] + " " + params["entry"].get("url", ""))
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.complaints.append(str([a.get("value") for a in params["args"]]))
        elif method == "Network.requestWillBeSent":
            self.origins.add("/".join(params["request"]["url"].split("/")[:3]))
        self.events.append(method)

    def call(self, method, timeout=20, **params):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + timeout
        while True:
            answer = self.read(deadline)
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]
            self.note(answer)

    def open(self, url):
        self.events.clear()
        self.call("Page.navigate", url=url)
        deadline = time.monotonic() + 20
        while "Page.loadEventFired" not in self.events:
            self.note(self.read(deadline))
        return True

    def size(self, width, height, scheme):
        self.call("Emulation.setDeviceMetricsOverride", width=int(width), height=int(height),
                  deviceScaleFactor=1, mobile=int(width) < 600)
        self.call("Emulation.setEmulatedMedia",
                  features=[{"name": "prefers-color-scheme", "value": scheme}])
        return True

    def eval(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, awaitPromise=True,
                           returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description", "?"))
        return result["result"].get("value")

    def wait(self, seconds, expression):
        deadline = time.monotonic() + float(seconds)
        while time.monotonic() < deadline:
            if self.eval(expression):
                return True
            time.sleep(0.1)
        return False

    def heap(self):
        self.call("HeapProfiler.collectGarbage")
        return round(self.call("Runtime.getHeapUsage")["usedSize"])

    def shot(self, path):
        png = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(png))
        return True


def main():
    browser = Browser()
    for line in sys.stdin:
        word, _, rest = line.rstrip("\n").partition(" ")
        try:
            if word == "open":
                value = browser.open(rest)
            elif word == "size":
                value = browser.size(*rest.split())
            elif word == "eval":
                value = browser.eval(rest)
            elif word == "wait":
                value = browser.wait(*rest.split(" ", 1))
            elif word == "shot":
                value = browser.shot(rest)
            elif word == "heap":
                value = browser.heap()
            elif word == "complaints":
                browser.eval("1")
                value = browser.complaints
            elif word == "requests":
                value = sorted(browser.origins)
            else:
                value = "no such word"
        except (RuntimeError, TimeoutError, OSError) as error:
            value = f"failed: {error!r}"
        print(json.dumps(value), flush=True)
    browser.process.terminate()
    browser.process.wait()


if __name__ == "__main__":
    main()
