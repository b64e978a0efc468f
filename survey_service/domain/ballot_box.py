"""The frozen ballot box: receipts, and one hash over all of them that anyone can recompute. Protocol section 5."""

import hashlib
from collections.abc import Iterable, Sequence

_LEAF = b"\x00"
_NODE = b"\x01"


def receipt(sealed: bytes) -> bytes:
    """SHA-256 of a sealed response, 32 bytes: the participant's proof that it was counted."""
    return hashlib.sha256(sealed).digest()


def root(receipts: Iterable[bytes]) -> bytes:
    """Merkle tree head over the receipts in ascending order, 32 bytes.

    receipts: 32 bytes each, in any order: sorting leaves nothing of the order of arrival.
    """
    return merkle_tree_head(sorted(receipts))


def merkle_tree_head(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree head of RFC 9162 section 2.1.1 over `leaves`, in the order given; SHA-256, 32 bytes.

    The RFC splits at the largest power of two below the number of leaves. Pairing level by level, and passing a
    last odd node up unchanged, builds the same tree without recursion.
    """
    sha256 = hashlib.sha256
    if not leaves:
        return sha256().digest()
    level = [sha256(_LEAF + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        unpaired = level[-1:] if len(level) % 2 else []
        pairs = zip(level[0::2], level[1::2], strict=False)
        level = [sha256(_NODE + left + right).digest() for left, right in pairs] + unpaired
    return level[0]
