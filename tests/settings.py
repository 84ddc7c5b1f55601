"""The suite under odd settings of its namespaces, several at a time: red must mean the kernel there as well.

    python -m tests.settings [--seed NUMBER] [COUNT]

Which settings and values come together is chance, and the same for the same seed. Each combination is tried with a part
of the suite; what the kernel does not have, or does not take, is left out.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parents[1]
AREAS = ("addressing", "configuration", "datagram", "lifecycle", "local", "network", "stream", "tcp", "waiting")
PARTS = 9
AT_ONCE = (3, 5, 8, 12)
LONGEST = 900
"""Seconds in which a run must have ended."""
WRONG = ("deviates", "inconclusive", "harness-error")


def _odd(prefix: str, text: str) -> dict[str, tuple[str, ...]]:
    """The odd values of settings, written ``name=value|value``, one a line."""
    rows = (line.strip().partition("=") for line in text.strip().splitlines())
    return {f"{prefix}.{name}": tuple(values.split("|")) for name, _, values in rows}


ODD: Mapping[str, tuple[str, ...]] = _odd("net.ipv4", """
conf.all.accept_local=1
conf.all.log_martians=1
conf.all.rp_filter=1|2
conf.default.rp_filter=1
fwmark_reflect=1
icmp_echo_ignore_broadcasts=0
icmp_errors_use_inbound_ifaddr=1
icmp_ratelimit=0|10000
igmp_max_memberships=1|5|100
igmp_max_msf=2|100
igmp_qrv=1|5
ip_default_ttl=1|255|3
ip_dynaddr=1
ip_early_demux=0
ip_forward_use_pmtu=1
ip_local_port_range=40000 40100|1024 65535
ip_no_pmtu_disc=1|3
ip_nonlocal_bind=1
ip_unprivileged_port_start=0|40000
ipfrag_high_thresh=100000
ipfrag_time=1
ping_group_range=1 0|0 2147483647
tcp_abort_on_overflow=1
tcp_adv_win_scale=-2|1
tcp_app_win=0
tcp_autocorking=0
tcp_base_mss=512|4000
tcp_challenge_ack_limit=1
tcp_comp_sack_nr=0
tcp_congestion_control=reno
tcp_dsack=0
tcp_early_demux=0
tcp_early_retrans=0|3
tcp_ecn=0|1
tcp_fastopen=0|3
tcp_fin_timeout=1|5|120
tcp_frto=0
tcp_fwmark_accept=1
tcp_invalid_ratelimit=0
tcp_keepalive_time=1
tcp_l3mdev_accept=1
tcp_limit_output_bytes=4096|67108864
tcp_max_syn_backlog=1
tcp_max_tw_buckets=0|5
tcp_min_snd_mss=536
tcp_min_tso_segs=1
tcp_moderate_rcvbuf=0
tcp_mtu_probing=1|2
tcp_no_metrics_save=1
tcp_notsent_lowat=1|16384
tcp_orphan_retries=1
tcp_pacing_ss_ratio=100
tcp_recovery=0
tcp_reflect_tos=1
tcp_reordering=1|10
tcp_retries1=1
tcp_retries2=3
tcp_rfc1337=1
tcp_rmem=4096 4096 4096|4096 8192 16384|4096 131072 67108864|4096 4194304 67108864
tcp_sack=0
tcp_slow_start_after_idle=0
tcp_stdurg=1
tcp_syn_retries=1
tcp_synack_retries=0|1
tcp_syncookies=2|0
tcp_thin_linear_timeouts=1
tcp_timestamps=0|2
tcp_tw_reuse=0|1
tcp_window_scaling=0
tcp_wmem=4096 4096 4096|4096 16384 32768|4096 4194304 67108864
udp_early_demux=0
udp_l3mdev_accept=1
udp_rmem_min=256|1048576
udp_wmem_min=256|1048576
""") | _odd("net.ipv6", """
auto_flowlabels=0|3
bindv6only=1
conf.all.accept_dad=0|2
conf.all.disable_ipv6=1
conf.all.forwarding=1
conf.all.hop_limit=1
conf.all.seg6_enabled=1
conf.all.use_tempaddr=2
conf.default.accept_dad=0|2
conf.default.dad_transmits=5
conf.default.disable_ipv6=1
conf.default.forwarding=1
conf.default.hop_limit=1
conf.default.mtu=1280
conf.default.router_solicitations=0
conf.default.use_tempaddr=2
flowlabel_consistency=0
flowlabel_reflect=7
fwmark_reflect=1
icmp.ratelimit=0
idgen_retries=0
ip6frag_high_thresh=100000
ip_nonlocal_bind=1
max_dst_opts_number=0
max_hbh_opts_number=0
mld_max_msf=1
mld_qrv=1
route.mtu_expires=1
""") | _odd("net.core", "somaxconn=1|65535")  # fmt: skip


def combination(seed: int) -> dict[str, str]:
    """Settings and values that come together."""
    chance = random.Random(seed)
    names = chance.sample(sorted(ODD), chance.choice(AT_ONCE))
    return {name: chance.choice(ODD[name]) for name in names}


def run(seed: int, settings: dict[str, str], out: Path) -> subprocess.CompletedProcess[str]:
    """A part of the areas under the settings; without those that are refused, which are taken out of `settings`."""
    while True:
        options = [word for name, value in settings.items() for word in ("--sysctl", f"{name}={value}")]
        options += ["-n", "2", "--shard", f"{seed % PARTS + 1}/{PARTS}", "--out", str(out)]
        ended = subprocess.run(
            [sys.executable, "-m", "sockproof", "run", *AREAS, *options],
            cwd=PROJECT, capture_output=True, text=True, timeout=LONGEST, check=False,
        )  # fmt: skip
        refused = [name for name in settings if ended.returncode == 2 and f"{name}=" in ended.stderr]
        if not refused:
            return ended
        for name in refused:
            del settings[name]


def tell(seed: int) -> bool:
    """Runs one combination and tells what came of it; whether nothing was wrong."""
    settings = combination(seed)
    with TemporaryDirectory() as folder:
        ended = run(seed, settings, Path(folder, "out"))
        try:
            results = json.loads(Path(folder, "out", "results.json").read_text("utf-8"))
        except OSError:
            print(f"{seed}: no results ({ended.stderr.strip()[-300:]})")
            return False
    told = Counter(each["verdict"] for each in results["instances"])
    print(f"{seed}: {dict(told)} under {' '.join(f'{name}={value!r}' for name, value in settings.items())}", flush=True)
    wrong = [each for each in results["instances"] if each["verdict"] in WRONG and not each["expected"]]
    for each in wrong:
        print(f"    {each['id']}: {each['verdict']}: {' '.join(str(each['reason']).split())[:200]}", flush=True)
    return not wrong


def main(words: Sequence[str]) -> int:
    """Runs as many combinations as were asked for; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.settings", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0, help="of the first; the others follow")
    asked = parser.parse_args(words)
    held = [tell(seed) for seed in range(asked.seed, asked.seed + asked.count)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
