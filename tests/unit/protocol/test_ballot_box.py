import hashlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.domain import ballot_box

# The reference leaves and tree heads of the Certificate Transparency implementations
# (github.com/transparency-dev/merkle, testonly/constants.go).
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
TREE_HEADS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined_tree_head(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, word for word."""
    count = len(leaves)
    if count == 0:
        return hashlib.sha256(b"").digest()
    if count == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < count:
        split *= 2
    left, right = defined_tree_head(leaves[:split]), defined_tree_head(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


@pytest.mark.parametrize("count", range(9))
def test_published_tree_heads_are_reproduced(count: int) -> None:
    leaves = [bytes.fromhex(leaf) for leaf in LEAVES[:count]]

    assert ballot_box.merkle_tree_head(leaves).hex() == TREE_HEADS[count]


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_the_tree_head_is_the_one_the_rfc_defines(leaves: list[bytes]) -> None:
    assert ballot_box.merkle_tree_head(leaves) == defined_tree_head(leaves)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=20), st.randoms())
def test_the_root_tells_nothing_of_the_order_of_arrival(receipts: list[bytes], order: random.Random) -> None:
    arrived = order.sample(receipts, len(receipts))

    assert ballot_box.root(arrived) == ballot_box.root(iter(receipts)) == defined_tree_head(sorted(receipts))


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=20, unique=True))
def test_a_response_left_out_changes_the_root(receipts: list[bytes]) -> None:
    assert ballot_box.root(receipts[1:]) != ballot_box.root(receipts)


def test_a_receipt_is_the_hash_of_the_sealed_response() -> None:
    assert ballot_box.receipt(b"sealed") == hashlib.sha256(b"sealed").digest()
