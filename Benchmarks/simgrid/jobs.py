#!/usr/bin/env python3
"""Writes the flow jobs that Treeline and SimGrid are compared on.

    jobs.py KIND [--size N] [--seed S] > JOB

Kinds: `uncontended`, `leaf-spine` and `ring`; the form of a job is in README.md. The same arguments give the same
bytes. In every job all routes have the same latency, so that SimGrid's own latency, which also weighs flows, leaves
the sharing plain max-min fair (see README.md).
"""

import argparse
import random
import sys

GIGABYTE = 1e9
HOP = 1e-6


class Job:
    """A job under construction. Links are `(from, to, bandwidth, latency)`, routes are found by `route`."""

    def __init__(self, vertices, hosts):
        self.vertices = vertices
        self.hosts = hosts
        self.links = []
        self.routes = {}
        self.messages = []

    def link(self, tail, head, bandwidth, latency):
        self.links.append((tail, head, bandwidth, latency))
        return len(self.links) - 1

    def message(self, source, destination, size, delay=0.0, after=()):
        self.messages.append((source, destination, size, delay, after))
        return len(self.messages) - 1

    def write(self, file):
        file.write(f"treeline-job 1\nvertices {self.vertices}\n")
        file.write(f"hosts {self.hosts} {' '.join(map(str, range(self.hosts)))}\n")
        file.write(f"links {len(self.links)}\n")
        for tail, head, bandwidth, latency in self.links:
            file.write(f"{tail} {head} {bandwidth!r} {latency!r}\n")
        file.write(f"routes {len(self.routes)}\n")
        for (source, destination), links in self.routes.items():
            file.write(f"{source} {destination} {len(links)} {' '.join(map(str, links))}\n")
        file.write(f"messages {len(self.messages)}\n")
        for source, destination, size, delay, after in self.messages:
            file.write(f"{source} {destination} {size} {delay!r} {' '.join(map(str, (len(after), *after)))}\n")


def star(hosts):
    """Hosts on one switch; each host's link up is 2 * host, its link down 2 * host + 1."""
    job = Job(hosts + 1, hosts)
    for host in range(hosts):
        job.link(host, hosts, 50 * GIGABYTE, HOP)
        job.link(hosts, host, 50 * GIGABYTE, HOP)
    return job


def uncontended(hosts, randomness, rounds=16):
    """Each host sends one message after another to a partner of its own, so that no two flows ever meet on a link."""
    job = star(hosts)
    order = list(range(hosts))
    randomness.shuffle(order)
    partner = {order[place]: order[(place + 1) % hosts] for place in range(hosts)}
    last = {}
    for _ in range(rounds):
        for source in range(hosts):
            destination = partner[source]
            job.routes.setdefault((source, destination), (2 * source, 2 * destination + 1))
            size = randomness.randint(1_000_000, 10_000_000)
            delay = randomness.uniform(0, 1e-3)
            last[source] = job.message(source, destination, size, delay, (last[source],) if source in last else ())
    return job


def leaf_spine(hosts, randomness, messages_per_host=4):
    """Random peers over 32 leaves and a single spine: all flows between leaves share the leaves' links."""
    leaves = 32
    per_leaf = hosts // leaves
    job = Job(hosts + leaves + 1, hosts)
    spine = hosts + leaves
    up = [job.link(host, hosts + host // per_leaf, 50 * GIGABYTE, HOP) for host in range(hosts)]
    down = [job.link(hosts + host // per_leaf, host, 50 * GIGABYTE, HOP) for host in range(hosts)]
    # The links of the spine have no latency: see the top of this file.
    leaf_up = [job.link(hosts + leaf, spine, 400 * GIGABYTE, 0.0) for leaf in range(leaves)]
    leaf_down = [job.link(spine, hosts + leaf, 400 * GIGABYTE, 0.0) for leaf in range(leaves)]
    for _ in range(messages_per_host):
        for source in range(hosts):
            destination = (source + randomness.randint(1, hosts - 1)) % hosts
            here, there = source // per_leaf, destination // per_leaf
            middle = () if here == there else (leaf_up[here], leaf_down[there])
            job.routes[source, destination] = (up[source], *middle, down[destination])
            job.message(source, destination, randomness.randint(1_000_000, 10_000_000))
    return job


def ring(ranks, randomness, chunk=1_000_000):
    """A ring all-reduce whose ranks start within a millisecond of each other.

    In each of the 2 (N - 1) steps a rank sends a chunk to the next, once its previous send is done and the chunk of
    the step before has come from the rank before it.
    """
    job = star(ranks)
    for rank in range(ranks):
        job.routes[rank, (rank + 1) % ranks] = (2 * rank, 2 * ((rank + 1) % ranks) + 1)
    before = []
    for step in range(2 * (ranks - 1)):
        now = []
        for rank in range(ranks):
            if step == 0:
                delay, after = randomness.uniform(0, 1e-3), ()
            else:
                delay, after = 0.0, (before[rank], before[rank - 1])
            now.append(job.message(rank, (rank + 1) % ranks, chunk, delay, after))
        before = now
    return job


KINDS = {"uncontended": (uncontended, 1024), "leaf-spine": (leaf_spine, 1024), "ring": (ring, 256)}


def make(kind, size=None, seed=1):
    """The job of a kind, of its usual size unless told."""
    maker, usual = KINDS[kind]
    return maker(size or usual, random.Random(seed))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--size", type=int, help="hosts or ranks; leaf-spine needs a multiple of 32")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make(options.kind, options.size, options.seed).write(sys.stdout)


if __name__ == "__main__":
    main()
