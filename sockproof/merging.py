"""``sockproof merge``: the shards of a run as one."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from sockproof import suite
from sockproof.errors import Exit, UsageError


def merge(asked: Namespace) -> int:
    """Write the results of shards as those of one run, with every page; the exit status of that run.

    Raises UsageError for shards that do not fit one another, and for a folder that cannot take them.
    """
    suite.reach()
    from reports import folder, pages, store, summary
    from reports.files import ResultsError
    from reports.merging import merged

    if len(asked.results) < 2:
        raise UsageError("merge takes two shards or more; name the folders of their results.")
    out = Path(asked.out)
    if out.absolute() in [Path(each).absolute() for each in asked.results]:
        raise UsageError(f"{out} is one of the shards; name another folder with --out.")
    try:
        results = merged([Path(each) for each in asked.results], out)
        held = folder.held(out)
        store.write_results(results, out / store.RESULTS)
        written = pages.write_all(results, out)
        held.release()
    except (ResultsError, folder.FolderError) as error:
        raise UsageError(str(error)) from error
    print(summary.in_words(results))
    print(f"report: {written['report.html'].absolute()}")
    return Exit(summary.exit_code(results))
