"""What the team is told by mail: that something waits for somebody. Never anything of a participant."""

from typing import Literal, get_args

from survey_service.domain.accounts import MAY, AccountRole, Deed

Occasion = Literal[
    "approve",  # a survey waits for the approval of somebody's office
    "set-passphrase",  # a round waits for a trustee's passphrase
    "prove-share",  # a trustee has not proven that their passphrase fits
    "round-open",
    "round-closed",
    "give-share",  # a closed round waits for trustees
    "unseal",  # a closed round waits for its unsealing
    "review",  # unsealed: tables or comments wait for review
    "publish",  # a proposal waits for its publication
    "retention-warning",  # responses will be erased soon
    "round-erased",
    "round-lost",
    "mail-waits",  # invitations wait for somebody to let them go
]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

DEED_OF: dict[Occasion, Deed] = {
    "approve": "approve",
    "set-passphrase": "hold-share",
    "prove-share": "hold-share",
    "round-open": "run-rounds",
    "round-closed": "run-rounds",
    "give-share": "hold-share",
    "unseal": "unseal",
    "review": "publish",
    "publish": "publish",
    "retention-warning": "publish",
    "round-erased": "publish",
    "round-lost": "run-rounds",
    "mail-waits": "invite",
}
"""Whom an occasion concerns: the deed that answers it."""

PAGES: dict[Occasion, str] = {
    "approve": "/team/surveys/{about}",
    "set-passphrase": "/team/trustee/{about}",
    "prove-share": "/team/trustee/{about}",
    "give-share": "/team/trustee/{about}",
    "mail-waits": "/team/rounds/{about}/invitations",
}
"""Where it is done, where that is not the page of the round."""


def page_of(occasion: Occasion, about: str) -> str:
    return PAGES.get(occasion, "/team/rounds/{about}").format(about=about)


def roles_of(occasion: Occasion) -> frozenset[AccountRole]:
    """The roles that are told where nobody is named."""
    return frozenset(role for role, deeds in MAY.items() if DEED_OF[occasion] in deeds)
