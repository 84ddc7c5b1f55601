"""A thread for each client: what each is given, and what is left when it has ended."""

import os
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_int
from resource import RLIMIT_CORE, setrlimit
from select import POLLIN, select
from signal import SIG_DFL, SIGSEGV, pthread_kill, signal
from threading import Barrier, Thread, get_ident

import pytest

from conformance.programs.process_models.programs import ECHO, MISSPELT, compiled, serving, status
from conformance.programs.process_models.servers import OTHERS, asked, in_threads
from conformance.programs.process_models.stacks import THREADS, detach, growth, join, leave
from fixtures.evidence.waiting import GENEROUS, readiness
from fixtures.stage.children import child, dies_of, in_child
from fixtures.stage.families import over_ip, over_streams

pytestmark = pytest.mark.needs("processes:8")

GREETING = b"welcome"


@pytest.mark.claim("stream.threads.serve-while-one-is-idle")
@over_streams
def test_server_with_threads_serves_others_while_one_is_idle(peers, family):
    listener = peers.listener(family)
    with child(lambda: in_threads(listener, OTHERS + 1)) as server:
        idle = peers.connecting(family, listener.getsockname(), lane="idle")
        clients = [peers.connecting(family, listener.getsockname(), lane=f"client{n}") for n in range(OTHERS)]

        answers = [asked(client, b"client %d" % number) for number, client in enumerate(clients)]

        assert answers == [b"client %d" % number for number in range(OTHERS)]
        assert readiness(idle, POLLIN) == 0
        idle.close()  # decisive
        assert server.ends().status == 0


def greeted(peers, family, own):
    """What three clients get, whose threads read their descriptors when all have come: copies, or one variable."""
    listener = peers.listener(family)
    clients = [peers.connecting(family, listener.getsockname(), lane=f"client{n}") for n in range(3)]
    one, meeting = c_int(), Barrier(3)

    def greet(variable):
        meeting.wait(10)
        os.write(variable.value, GREETING)

    with ThreadPoolExecutor(3) as pool:
        for _ in clients:
            one.value = peers.accepting(listener).fileno()
            pool.submit(greet, c_int(one.value) if own else one)
    return received_by(clients, 3 * len(GREETING))


def received_by(clients, count):
    """What each of them has received, once all have received `count` bytes together."""
    found = dict.fromkeys(clients, b"")
    while sum(map(len, found.values())) < count:
        for client in select(clients, [], [], GENEROUS)[0]:
            found[client] += client.recv(count)
    return list(found.values())


@pytest.mark.claim("stream.threads.one-variable-mixes-them-up")
@pytest.mark.usefixtures("long_queues")
@over_streams
def test_threads_that_share_one_variable_all_serve_the_last_client(peers, family):
    own = True
    own = False  # decisive

    assert greeted(peers, family, own) == [b"", b"", GREETING * 3]


@pytest.mark.claim("stream.threads.copies-keep-them-apart")
@pytest.mark.usefixtures("long_queues")
@over_streams
def test_threads_with_copies_of_their_own_serve_each_client(peers, family):
    own = False
    own = True  # decisive

    assert greeted(peers, family, own) == [GREETING] * 3


@pytest.mark.claim("process.threads.detached-leave-nothing")
@pytest.mark.parametrize("ending", [detach, join])
def test_threads_that_are_detached_or_joined_give_their_stacks_back(ending):
    ended = leave
    ended = ending  # decisive

    grown = in_child(lambda: growth(ended)).value

    assert len(grown) == THREADS - 1
    assert max(grown) <= 0  # the C library may give back what it had kept


LAST = 8
"""Threads that come when no stack of an earlier one is left to take."""


@pytest.mark.claim("process.threads.left-alone-keep-their-stacks")
def test_threads_that_are_neither_detached_nor_joined_keep_their_stacks():
    ended = join
    ended = leave  # decisive

    sizes = in_child(lambda: growth(ended)).value

    assert len(sizes) == THREADS - 1
    assert min(sizes[-LAST:]) > 0


@pytest.mark.claim("process.threads.undeclared-name-refused")
@pytest.mark.needs("command:cc")
def test_program_that_uses_a_name_it_has_not_declared_is_not_compiled(tmp_path):
    program = MISSPELT.replace("&fromlen", "&from_len")
    program = MISSPELT  # decisive

    done = compiled(tmp_path, program, "-fsyntax-only")

    assert done.returncode != 0
    assert "fromlen" in done.stderr


@pytest.mark.claim("process.threads.undeclared-name-refused")
@pytest.mark.needs("command:cc")
def test_program_is_compiled_when_the_name_is_the_declared_one(tmp_path):
    program = MISSPELT
    program = program.replace("&fromlen", "&from_len")  # decisive

    done = compiled(tmp_path, program, "-fsyntax-only")

    assert done.returncode == 0, done.stderr


@pytest.mark.claim("tcp.threads.program-serves-while-one-is-idle")
@pytest.mark.needs("command:cc", "exec")
@over_ip
def test_program_with_threads_serves_others_while_one_is_idle(peers, family, tmp_path):
    assert compiled(tmp_path, ECHO, "-pthread").returncode == 0
    listener = peers.listener(family)

    with serving(tmp_path, listener, OTHERS + 1) as server:
        idle = peers.connecting(family, listener.getsockname(), lane="idle")
        clients = [peers.connecting(family, listener.getsockname(), lane=f"client{n}") for n in range(OTHERS)]
        answers = [asked(client, b"client %d" % n) for n, client in enumerate(clients)]

        assert answers == [b"client %d" % n for n in range(OTHERS)]
        assert server.poll() is None
        idle.close()  # decisive
        assert status(server) == 0


@pytest.mark.claim("process.threads.a-crash-ends-all")
@over_streams
def test_a_thread_that_crashes_takes_the_others_and_their_clients_along(peers, family):
    listener = peers.listener(family)
    idle = peers.connecting(family, listener.getsockname(), lane="idle")

    def serve():
        setrlimit(RLIMIT_CORE, (0, 0))
        signal(SIGSEGV, SIG_DFL)
        other = Thread(target=listener.accept()[0].recv, args=(1,), daemon=True)
        other.start()
        crashing = Thread(target=crash)
        crashing.start()
        crashing.join()

    def crash():
        pthread_kill(get_ident(), SIGSEGV)  # decisive

    dies_of(SIGSEGV, serve)
    assert idle.recv(1) == b""
