"""What a handler of SIGCHLD does to the code that it interrupts."""

from errno import ECHILD
from pathlib import Path

import pytest

from fixtures.stage.compiler import compiled
from fixtures.stage.programs import running

SOURCE = Path(__file__).with_name("errno_of_handler.c")


def errno_behind(how: str) -> int:
    """errno of the program once its handler has waited for its child; the handler `keeps` it or puts it `back`."""
    with running(compiled(SOURCE), how, lane="program") as program:
        assert program.ends().status == 0
        return int(program.output())


@pytest.mark.claim("process.zombie.waiting-changes-errno")
@pytest.mark.needs("compiler")
def test_a_handler_that_waits_leaves_echild_unless_it_puts_errno_back():
    how = "back"
    how = "keeps"  # decisive

    assert errno_behind(how) == ECHILD
    assert errno_behind("back") == 0
