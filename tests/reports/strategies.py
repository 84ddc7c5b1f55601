"""Any results whatever, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

from reports.environment import Environment
from reports.record import VERDICTS, Capability, Check, Claim, Event, Instance, Results, Run, Source, Target, Trace
from reports.source_documents import Document, Section, Sentence, Statement

text = st.text(max_size=12)
maybe = st.none() | text
moments = st.integers(0, 2**63 - 1)
verdict = st.sampled_from(VERDICTS)
seconds = st.floats(0, 1e6, allow_nan=False)


def several(values, most=3):
    return st.lists(values, max_size=most).map(tuple)


sources = st.builds(Source, text, text)
claims = st.builds(
    Claim, text, text, text, text, several(sources), text, several(text), maybe, maybe, maybe, maybe, maybe
)
checks = st.builds(Check, text, text, st.booleans(), text, maybe, maybe)
lanes = st.sampled_from(("client", "server", "listener", "", "eine sehr lange Spur mit viel zu viel Namen"))
events = st.builds(
    Event,
    st.integers(0, 10**10),
    st.sampled_from(("call", "packet", "note")),
    lanes,
    st.text(max_size=150),
    result=maybe,
    until=st.none() | st.integers(0, 10**10),
    to=st.none() | lanes,
    failed=st.booleans(),
)
traces = st.builds(Trace, several(lanes), several(events, 30), st.integers(0, 9))
instances = st.builds(
    Instance,
    text,
    text,
    text,
    st.dictionaries(text, text, max_size=2),
    verdict,
    seconds,
    reason=maybe,
    remedy=maybe,
    expected=st.booleans(),
    parts=st.dictionaries(text, verdict, max_size=2),
    checks=several(checks),
    trace=traces,
    pcap=maybe,
    captured=st.integers(0, 9),
    dropped=st.integers(0, 9),
    source_file=maybe,
    source_line=st.none() | st.integers(0, 999),
    doc=maybe,
    worker=text,
    details=maybe,
)
capabilities = st.builds(Capability, text, st.booleans(), st.none() | verdict, text, maybe)
runs = st.builds(
    Run,
    text,
    moments,
    text,
    finished=st.none() | moments,
    complete=st.booleans(),
    interrupted=st.booleans(),
    exit_code=st.none() | st.integers(0, 5),
    workers=st.integers(1, 8),
    arguments=several(text),
    collected=st.integers(0, 999),
)
facts = st.dictionaries(text, text, max_size=2)
environments = st.builds(
    Environment, text, text, facts, text, text, st.none() | st.integers(1, 99), st.none() | st.integers(0, 1 << 40),
    st.none() | st.floats(0, 1e3), text, several(text), facts, several(text), text, st.none() | st.booleans(),
    facts, facts, text, text,
)  # fmt: skip
targets = st.builds(Target, text, text, text, text, text, text, several(capabilities), environments)
lines = st.tuples(st.integers(1, 99), st.integers(0, 9)).map(lambda pair: f"{pair[0]}-{sum(pair)}")
sentences = st.builds(Sentence, lines, text, several(text), maybe)
sections = st.builds(Section, text, text, st.integers(0, 99))
documents = st.builds(Document, text, text, several(sections), text, st.integers(0, 999).map(str), several(sentences))
statements = st.builds(Statement, text, text, several(text), text, several(text), maybe, maybe, maybe)
results = st.builds(
    Results, runs, targets, several(claims), several(instances), several(documents), several(statements)
)
