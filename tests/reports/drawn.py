"""A report as it is when its script has drawn everything that is folded away."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from html import unescape

from reports import html, ladder
from reports.record import Event, Trace

PACK = re.compile(r'<script type="application/gzip" class="pack">([^<]*)</script>\n*')
ABOUT = re.compile(r'<script type="application/gzip" class="pack index">[^<]*</script>\n*')
LADDER = re.compile(r" data-ladder='([^']*)'>")
FOLDED = '<div class="folded">'


def page(found):
    """The page as it is when its script has drawn everything that is folded away."""
    text = html.page(found)
    bodies = {}
    for pack in PACK.findall(text):
        bodies.update(json.loads(gzip.decompress(b64decode(pack))))
    text = PACK.sub("", ABOUT.sub("", text))
    for anchor, body in bodies.items():
        body = LADDER.sub(lambda found: f">{ladder.draw(trace_of(unescape(found[1])))}", body)
        start = text.index(FOLDED, re.search(rf'<details [^>]*id="{re.escape(anchor)}"', text).start())
        text = text[:start] + body + text[text.index("</div>", start) + len("</div>") :]
    assert FOLDED not in text
    return text


def trace_of(text):
    """The trace that the script draws of this."""
    lanes, omitted, events = json.loads(text)
    return Trace(tuple(lanes), tuple(Event(*each) for each in events), omitted)
