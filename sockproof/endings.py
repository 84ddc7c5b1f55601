"""How a run ended that did not end as it should, and the results that say so where it left none itself."""

from __future__ import annotations

import resource
import signal
import time
from contextlib import suppress
from pathlib import Path

from sockproof.last_resort import bare


def leave(out: Path, sentence: str, status: int) -> None:
    """Leaves results without instances that say why there are none, where they can be written."""
    from fixtures.run import standing
    from reports import folder
    from reports.files import ResultsError

    try:
        held = folder.held(out)
        standing.leave(held, sentence, status)
        held.release()
    except (ResultsError, folder.FolderError):
        pass
    except Exception:  # whatever it is: it may be that of which the results are to tell
        leave_bare(out, sentence, status)


def leave_bare(out: Path, sentence: str, status: int) -> None:
    """The same by hardly any call, whoever holds the folder."""
    with suppress(OSError):
        out.mkdir(parents=True, exist_ok=True)
        (out / "results.json").write_text(bare(sentence, time.time_ns(), status), "utf-8", "backslashreplace")


def how_it_ended(code: int) -> str:
    """How pytest has ended that did not end as it should: by which signal, at which limit."""
    if code >= 0:
        return f"the process that ran the scenarios broke off with status {code}"
    ended = f"the process that ran the scenarios died of {signal.Signals(-code).name}"
    most = resource.getrlimit(resource.RLIMIT_CPU)[0]
    if -code in (signal.SIGXCPU, signal.SIGKILL) and most != resource.RLIM_INFINITY:
        ended += f", and may have {most} s of the processor's time here (ulimit -t)"
    return ended


def reason_in(out: Path, began: int) -> str | None:
    """What the results say of why the run that `began` then was refused; empty where it was not, None without any."""
    from reports.store import RESULTS, ResultsError, read_results

    try:
        found = read_results(out / RESULTS)  # and no journal in its place
    except ResultsError:
        return None
    return (found.run.refused or "") if found.run.started >= began else None
