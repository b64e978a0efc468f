"""What a participant can be refused, as the protocol names it (section 7)."""

from typing import ClassVar


class Problem(Exception):
    """A refusal a participant's client meets. Carries nothing that was sent."""

    code: ClassVar[str]
    detail: ClassVar[str]
    reason: ClassVar[str | None] = None


class TooLarge(Problem):
    code = "too_large"
    detail = "The request is larger than any request of this protocol."


class MalformedRequest(Problem):
    code = "malformed"
    detail = "The request does not have the form the protocol describes."


class RoundNotOpen(Problem):
    code = "round_not_open"
    detail = "This round takes no answers at this time."


class UnknownInvitation(Problem):
    code = "unknown_invitation"
    detail = "This invitation code belongs to no invitation of this round. Check it against the invitation."


class VoidInvitation(UnknownInvitation):
    """To programs the same as a code nobody knows, with a member more (`reason`); to people another sentence."""

    reason = "void"
    detail = "This invitation code was replaced by a newer one. Take the code from the latest invitation."


class AlreadyRedeemed(Problem):
    code = "already_redeemed"
    detail = "This invitation code has been used. Each code lets one person take part once."


class InvalidSignature(Problem):
    code = "invalid_signature"
    detail = "The credential does not verify. Reload the page and send the answers again."


class SerialAlreadyUsed(Problem):
    code = "serial_already_used"
    detail = "Another response was sent with this credential."


class RateLimited(Problem):
    code = "rate_limited"
    detail = "Too many wrong codes are being tried. Valid codes still work; wait a little before another try."


class ServiceUnavailable(Problem):
    code = "unavailable"
    detail = "The service cannot take this now. Nothing was lost; try again in a moment."


class BallotBoxNotReady(Problem):
    code = "ballot_box_not_ready"
    detail = "The ballot box is published when the round has closed."
