"""The frozen ballot box: receipts, and one hash over all of them that anyone can recompute. Protocol section 5."""

import hashlib
from collections.abc import Iterable

_LEAF = b"\x00"
_NODE = b"\x01"


def receipt(sealed: bytes) -> bytes:
    """SHA-256 of a sealed response, 32 bytes: the participant's proof that it was counted."""
    return hashlib.sha256(sealed).digest()


class MerkleTree:
    """The tree of RFC 9162 section 2.1.1 over leaves that come one after the other; it keeps one hash for each level.

    The RFC splits at the largest power of two below the number of leaves: so whole subtrees stand from left to right,
    each larger than the next, and the head joins them from the right.
    """

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        node = hashlib.sha256(_LEAF + leaf).digest()
        complete = self.size
        while complete & 1:  # a subtree as large as this one stands to its left
            node = _joined(self._subtrees.pop(), node)
            complete >>= 1
        self._subtrees.append(node)
        self.size += 1

    def head(self) -> bytes:
        """SHA-256, 32 bytes."""
        if not self._subtrees:
            return hashlib.sha256().digest()
        *others, head = self._subtrees
        for left in reversed(others):
            head = _joined(left, head)
        return head


def _joined(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def root(receipts: Iterable[bytes]) -> bytes:
    """Merkle tree head over the receipts in ascending order, 32 bytes.

    receipts: 32 bytes each, in any order: sorting leaves nothing of the order of arrival.
    """
    return merkle_tree_head(sorted(receipts))


def merkle_tree_head(leaves: Iterable[bytes]) -> bytes:
    """The Merkle tree head of RFC 9162 section 2.1.1 over `leaves`, in the order given; SHA-256, 32 bytes."""
    tree = MerkleTree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.head()
