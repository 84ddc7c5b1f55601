"""A thread for each client: what each is given, and what is left when it has ended."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from ctypes import c_int
from select import POLLIN, select
from threading import Barrier

import pytest

from conformance.process_models.programs import ECHO, MISSPELT, compiled
from conformance.process_models.servers import OTHERS, asked, in_threads
from conformance.process_models.stacks import THREADS, detach, growth, join, leave
from fixtures.children import in_child
from fixtures.families import over_ip, over_streams
from fixtures.waiting import GENEROUS, readiness

GREETING = b"welcome"


@pytest.mark.claim("stream.threads.serve-while-one-is-idle")
@over_streams
def test_server_with_threads_serves_others_while_one_is_idle(peers, family):
    listener = peers.listener(family)
    with ThreadPoolExecutor(1) as pool:
        server = pool.submit(in_threads, listener, OTHERS + 1)
        idle = peers.connecting(family, listener.getsockname(), lane="idle")
        clients = [peers.connecting(family, listener.getsockname(), lane=f"client{n}") for n in range(OTHERS)]

        answers = [asked(client, b"client %d" % number) for number, client in enumerate(clients)]

        assert readiness(idle, POLLIN) == 0
        idle.close()
        server.result()
    assert answers == [b"client %d" % number for number in range(OTHERS)]  # decisive


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
@over_streams
def test_threads_that_share_one_variable_all_serve_the_last_client(peers, family):
    assert greeted(peers, family, own=False) == [b"", b"", GREETING * 3]  # decisive


@pytest.mark.claim("stream.threads.copies-keep-them-apart")
@over_streams
def test_threads_with_copies_of_their_own_serve_each_client(peers, family):
    assert greeted(peers, family, own=True) == [GREETING] * 3  # decisive


@pytest.mark.claim("process.threads.detached-leave-nothing")
@pytest.mark.parametrize("ending", [detach, join])
def test_threads_that_are_detached_or_joined_give_their_stacks_back(ending):
    assert in_child(lambda: growth(ending)).value == [0] * (THREADS - 1)  # decisive


LAST = 8
"""Threads that come when no stack of an earlier one is left to take."""


@pytest.mark.claim("process.threads.left-alone-keep-their-stacks")
def test_threads_that_are_neither_detached_nor_joined_keep_their_stacks():
    sizes = in_child(lambda: growth(leave)).value  # decisive

    assert len(sizes) == THREADS - 1
    assert min(sizes[-LAST:]) > 0


@pytest.mark.claim("process.threads.undeclared-name-refused")
@pytest.mark.needs("command:cc")
def test_program_that_uses_a_name_it_has_not_declared_is_not_compiled(tmp_path):
    done = compiled(tmp_path, MISSPELT, "-fsyntax-only")  # decisive

    assert done.returncode != 0
    assert "fromlen" in done.stderr


@pytest.mark.claim("process.threads.undeclared-name-refused")
@pytest.mark.needs("command:cc")
def test_program_is_compiled_when_the_name_is_the_declared_one(tmp_path):
    done = compiled(tmp_path, MISSPELT.replace("&fromlen", "&from_len"), "-fsyntax-only")  # decisive

    assert done.returncode == 0, done.stderr


@pytest.mark.claim("tcp.threads.program-serves-while-one-is-idle")
@pytest.mark.needs("command:cc")
@over_ip
def test_program_with_threads_serves_others_while_one_is_idle(peers, family, tmp_path):
    assert compiled(tmp_path, ECHO, "-pthread").returncode == 0
    listener = peers.listener(family)
    number = listener.fileno()
    command = [str(tmp_path / "program"), str(number), str(OTHERS + 1)]

    with subprocess.Popen(command, pass_fds=[number]) as server:
        idle = peers.connecting(family, listener.getsockname(), lane="idle")
        clients = [peers.connecting(family, listener.getsockname(), lane=f"client{n}") for n in range(OTHERS)]
        answers = [asked(client, b"client %d" % n) for n, client in enumerate(clients)]
        idle.close()

    assert answers == [b"client %d" % n for n in range(OTHERS)]  # decisive
    assert server.returncode == 0
