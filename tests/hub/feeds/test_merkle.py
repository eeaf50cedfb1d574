"""Trees against the definition of RFC 9162 written down as it stands there, and against vectors that others use."""

from __future__ import annotations

from hashlib import sha256
from random import Random

import pytest

from patto_hub.client.patto_proof import climb
from patto_hub.feeds import merkle

SIZES = range(1, 71)
VECTORS = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
"""The leaves with which implementations of Certificate Transparency are tested."""
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def leaf(entry):
    return sha256(b"\x00" + entry).digest()


def by_definition(entries):
    """RFC 9162, 2.1.1: split at the largest power of two that is smaller than their number."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return leaf(entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return sha256(b"\x01" + by_definition(entries[:split]) + by_definition(entries[split:])).digest()


def path_by_definition(entries, index):
    """RFC 9162, 2.1.3.1."""
    if len(entries) == 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    left, right = entries[:split], entries[split:]
    if index < split:
        return [*path_by_definition(left, index), by_definition(right)]
    return [*path_by_definition(right, index - split), by_definition(left)]


def entries_of(size):
    return [Random(f"{size}/{number}").randbytes(40) for number in range(size)]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_other_implementations(size):
    hashes = [leaf(bytes.fromhex(each)) for each in VECTORS[:size]]

    assert merkle.root(hashes).hex() == ROOTS[size - 1]


@pytest.mark.parametrize("size", range(71))
def test_a_tree_is_the_one_of_the_definition(size):
    entries = entries_of(size)
    hashes = [leaf(each) for each in entries]

    assert merkle.root(hashes) == by_definition(entries)
    assert [merkle.path(hashes, at) for at in range(size)] == [path_by_definition(entries, at) for at in range(size)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [1, 2, 4, 16])
def test_a_tree_of_pieces_is_the_tree_of_all(size, piece):
    hashes = [leaf(each) for each in entries_of(size)]
    pieces = [hashes[at : at + piece] for at in range(0, size, piece)]
    tops = list(map(merkle.root, pieces))

    assert merkle.root(tops) == merkle.root(hashes)
    for at in range(size):
        found = merkle.path(pieces[at // piece], at % piece) + merkle.path(tops, at // piece)
        assert found == merkle.path(hashes, at)


@pytest.mark.parametrize("size", SIZES)
def test_every_leaf_proves_and_nothing_else_does(size):
    hashes = [leaf(each) for each in entries_of(size)]
    root = merkle.root(hashes)
    for at, each in enumerate(hashes):
        path = merkle.path(hashes, at)
        assert climb(each, at, size, path) == root

        assert all(climb(other, at, size, path) != root for other in hashes if other != each)
        assert all(climb(each, other, size, path) != root for other in range(-1, size + 2) if other != at)
        assert climb(each, at, size, [*path, each]) != root
        assert size == 1 or climb(each, at, size, path[:-1]) != root


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 33, 70])
def test_any_flipped_bit_fails(size):
    hashes = [leaf(each) for each in entries_of(size)]
    root = merkle.root(hashes)
    for at, each in enumerate(hashes):
        path = merkle.path(hashes, at)
        whole = [each, *path]
        for place, held in enumerate(whole):
            for bit in range(0, 256, 17):
                flipped = (int.from_bytes(held, "big") ^ 1 << bit).to_bytes(32, "big")
                first, *rest = [*whole[:place], flipped, *whole[place + 1 :]]

                assert climb(first, at, size, rest) != root


@pytest.mark.parametrize("size", SIZES)
def test_a_proof_of_another_size_fails_where_the_path_has_another_shape(size):
    hashes = [leaf(each) for each in entries_of(size)]
    root = merkle.root(hashes)
    for at, each in enumerate(hashes):
        path = merkle.path(hashes, at)
        assert climb(each, at, at, path) is None
        for other in (size * 2, size * 4 + 1):
            assert climb(each, at, other, path) != root
