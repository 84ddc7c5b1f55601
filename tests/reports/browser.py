"""Chromium without a window, driven by its DevTools protocol through two pipes: no port, no driver, no library."""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import time
from base64 import b64decode
from collections import deque
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
PROGRAM = next(filter(None, map(shutil.which, NAMES)), None)
PATIENCE = 300
"""Seconds until a browser that does not answer counts as stuck."""
LOADED = "Page.loadEventFired"


class Browser:
    """One browser with an empty profile in `home`; its pages are opened in it one after the other."""

    def __init__(self, home: Path) -> None:
        (reads, self._writes), (self._reads, writes) = os.pipe(), os.pipe()
        # The browser reads from 3 and writes to 4: what is duplicated there must not be one of the two itself.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in (reads, writes)]
        actions = [(os.POSIX_SPAWN_DUP2, ends[0], 3), (os.POSIX_SPAWN_DUP2, ends[1], 4),
                   (os.POSIX_SPAWN_OPEN, 2, home / "said", os.O_CREAT | os.O_WRONLY, 0o600)]  # fmt: skip
        self._pid = os.posix_spawn(PROGRAM, command(home), os.environ, file_actions=actions, setpgroup=0)
        for end in (reads, writes, *ends):
            os.close(end)
        self._number, self._left, self.events = 0, b"", deque[dict[str, Any]]()

    def close(self) -> None:
        """End it, with all of its processes."""
        os.close(self._writes)
        os.close(self._reads)
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """What the browser answers; events that come meanwhile are kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        whole = json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0"
        while whole:
            whole = whole[os.write(self._writes, whole) :]
        while "id" not in (told := self._told()):
            self.events.append(told)
        if "error" in told:
            raise RuntimeError(f"{method}: {told['error']['message']}")
        return told["result"]

    def wait(self, method: str, session: str) -> dict[str, Any]:
        """The next event of that name of a page; others are kept."""
        for told in self.events:
            if told["method"] == method and told.get("sessionId") == session:
                self.events.remove(told)
                return told["params"]
        while (told := self._told())["method"] != method or told.get("sessionId") != session:
            self.events.append(told)
        return told["params"]

    def _told(self) -> dict[str, Any]:
        """The next message; messages are parted by NUL."""
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._left:
            if not select.select([self._reads], [], [], until - time.monotonic())[0]:
                raise TimeoutError("the browser does not answer")
            some = os.read(self._reads, 1 << 20)
            if not some:
                raise EOFError("the browser has ended")
            self._left += some
        whole, _, self._left = self._left.partition(b"\0")
        return json.loads(whole)

    @contextmanager
    def page(self, **look: Any):
        """A page of its own that is closed at the end; `look` as for `Page.look`."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        target = self.ask("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        try:
            made = Page(self, session, context)
            made.look(**look)
            yield made
        finally:
            self.ask("Target.disposeBrowserContext", browserContextId=context)
            self.events.clear()


def command(home: Path) -> list[str]:
    """How it is started; root has no sandbox."""
    rooted = ("--no-sandbox",) if os.geteuid() == 0 else ()
    quiet = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run")
    return [str(PROGRAM), "--headless", "--remote-debugging-pipe", *rooted, *quiet, f"--user-data-dir={home}"]


class Page:
    """One page: what it asks the network for and says on its console, what it shows, and keys that are pressed."""

    def __init__(self, browser: Browser, session: str, context: str) -> None:
        self._browser, self._session, self._context = browser, session, context
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What the browser answers of this page."""
        return self._browser.ask(method, self._session, **parameters)

    def look(
        self, *, dark: bool = False, width: int = 1280, height: int = 900, scripts: bool = True, paper: bool = False
    ):
        """How the page is seen."""
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme], media="print" if paper else "")
        narrow = width < 600
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=narrow)
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)

    def open(self, path: Path, place: str = "") -> None:
        """Open a file, and wait until it has been loaded and its script has done what it does then."""
        self.ask("Page.navigate", url=path.as_uri() + place)
        self._browser.wait(LOADED, self._session)

    def run(self, expression: str) -> Any:
        """The value of an expression in the page; of a promise what it comes to."""
        given = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in given:
            raise RuntimeError(given["exceptionDetails"]["exception"].get("description", given))
        return given["result"].get("value")

    def until(self, expression: str) -> Any:
        """The value of an expression once it is true, looked at whenever the page is drawn."""
        drawn = "new Promise((go) => requestAnimationFrame(go))"
        return self.run(
            f"(async () => {{ for (;;) {{ const is = {expression}; if (is) return is; await {drawn}; }} }})()"
        )

    def press(self, key: str, code: int) -> None:
        """Press a key and let it go."""
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text)

    def tab(self) -> None:
        """Go to the next thing that takes keys."""
        self.press("Tab", 9)

    def events(self, *methods: str) -> list[dict[str, Any]]:
        """What has been told of this page under these names."""
        self.run("1")
        mine = (told for told in self._browser.events if told.get("sessionId") == self._session)
        return [told["params"] for told in mine if told["method"] in methods]

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for, that of the page first."""
        return [told["request"]["url"] for told in self.events("Network.requestWillBeSent")]

    @property
    def complaints(self) -> list[Any]:
        """What was said on the console, and what went wrong without being caught."""
        return self.events("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")

    def saved(self, folder: Path, expression: str) -> Path:
        """The file that is saved when an expression is run."""
        where = {"behavior": "allowAndName", "downloadPath": str(folder), "eventsEnabled": True}
        self._browser.ask("Browser.setDownloadBehavior", browserContextId=self._context, **where)
        self.run(expression)
        seen = deque(self._browser.events)  # it may be whole before the expression has its value
        while True:
            told = seen.popleft() if seen else self._browser._told()
            if told["method"] == "Browser.downloadProgress" and told["params"]["state"] == "completed":
                return folder / told["params"]["guid"]

    def picture(self, path: Path) -> None:
        """Keep a picture of what is seen."""
        path.write_bytes(b64decode(self.ask("Page.captureScreenshot")["data"]))
