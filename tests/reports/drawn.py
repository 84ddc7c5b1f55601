"""A report as it is when its script has drawn everything that is folded away."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode

from reports import html

PACK = re.compile(r'<script type="application/gzip" class="pack">([^<]*)</script>\n*')
ABOUT = re.compile(r'<script type="application/gzip" class="pack index">[^<]*</script>\n*')
FOLDED = '<div class="folded">'


def page(found):
    """The page as it is when its script has drawn everything that is folded away."""
    text = html.page(found)
    bodies = {}
    for pack in PACK.findall(text):
        bodies.update(json.loads(gzip.decompress(b64decode(pack))))
    text = PACK.sub("", ABOUT.sub("", text))
    for anchor, body in bodies.items():
        start = text.index(FOLDED, re.search(rf'<details [^>]*id="{re.escape(anchor)}"', text).start())
        text = text[:start] + body + text[text.index("</div>", start) + len("</div>") :]
    assert FOLDED not in text
    return text
