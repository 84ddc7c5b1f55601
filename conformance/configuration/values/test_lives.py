"""Values that are set stay: the last one that was set, through the whole life of a socket."""

import pytest

from conformance.configuration.values.lives import (
    changed_by_each,
    life,
    privileged,
    set_both,
    set_to,
    settings,
    switchable,
    told,
)
from conformance.configuration.values.tables import KINDS
from fixtures.stage.families import over_streams

pytestmark = pytest.mark.usefixtures("fastopen_for_clients", "far_hosts", "unasked_ecn")
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.mark.claim("socket.values.last-set-counts")
@pytest.mark.needs("buffers:100000")
@kinds
@over_streams
def test_option_that_is_set_twice_has_the_last_value(peers, family, kind):
    end, options = peers.socket("end", family.domain, kind), settings(family, kind)

    set_both(end, options)  # decisive

    assert told(end, options) == {name: each.expected() for name, each in options.items()}


@pytest.mark.claim("socket.values.kept-through-life")
@pytest.mark.needs("buffers:100000")
@kinds
@over_streams
def test_options_stay_through_the_life_of_a_socket(peers, family, kind):
    end, options = peers.socket("end", family.domain, kind), settings(family, kind)
    set_both(end, options)
    before, seen = told(end, options), {}

    seen = {stage: told(end, options) for stage in life(peers, family, kind, end)}  # decisive

    assert seen == dict.fromkeys(("bound", "connected", "sent", "received", "shut"), before)


@pytest.mark.claim("socket.values.kept-through-life")
@pytest.mark.needs("CAP_NET_ADMIN")
@kinds
@over_streams
def test_options_of_the_privileged_stay_through_the_life_of_a_socket(peers, family, kind):
    end, options = peers.socket("end", family.domain, kind), privileged(family)
    set_both(end, options)
    before, seen = {name: each.expected() for name, each in options.items()}, {}

    seen = {stage: told(end, options) for stage in life(peers, family, kind, end)}  # decisive

    assert seen == dict.fromkeys(("bound", "connected", "sent", "received", "shut"), before)


@pytest.mark.claim("socket.values.switches-go-off")
@pytest.mark.needs("CAP_NET_ADMIN")
@kinds
@over_streams
def test_each_option_of_the_privileged_goes_off(peers, family, kind):
    end, options = peers.socket("end", family.domain, kind), privileged(family)
    set_to(end, options, 1)

    set_to(end, options, 0)  # decisive

    assert told(end, options) == dict.fromkeys(options, 0)


@pytest.mark.claim("socket.values.one-at-a-time")
@kinds
@over_streams
def test_setting_an_option_changes_no_other(peers, family, kind):
    end, options, changed = peers.socket("end", family.domain, kind), settings(family, kind), {}

    changed = changed_by_each(end, options)  # decisive

    assert changed == {name: set() for name in options}


@pytest.mark.claim("socket.values.switches-go-off")
@kinds
@over_streams
def test_each_switch_goes_off(peers, family, kind):
    end, options = peers.socket("end", family.domain, kind), switchable(family, kind)
    set_to(end, options, 1)

    set_to(end, options, 0)  # decisive

    assert told(end, options) == dict.fromkeys(options, 0)
