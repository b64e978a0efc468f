"""What the team is told by mail: that something waits for somebody. Never anything of a participant."""

from typing import Literal, get_args

from survey_service.domain.accounts import MAY, AccountRole, Deed
from survey_service.domain.tasks import TaskName

Occasion = Literal[
    "approve",  # a survey waits for the approval of somebody's office
    "plan",  # a survey without a rule waits for its first round
    "name-trustees",  # its rounds come by themselves once trustees are named
    "set-passphrase",  # a round waits for a trustee's passphrase
    "prove-share",  # a trustee has not proven that their passphrase fits
    "invite",  # a round has no codes yet
    "extend",  # a round's end has passed before it could open
    "round-open",
    "round-closed",
    "give-share",  # a closed round waits for trustees
    "unseal",  # a closed round waits for its unsealing
    "review",  # unsealed: tables or comments wait for review
    "publish",  # a proposal waits for its publication
    "retention-warning",  # responses will be erased soon
    "round-erased",
    "round-lost",
]
OCCASIONS: tuple[Occasion, ...] = get_args(Occasion)

DEED_OF: dict[Occasion, Deed] = {
    "approve": "approve",
    "plan": "run-rounds",
    "name-trustees": "run-rounds",
    "set-passphrase": "hold-share",
    "prove-share": "hold-share",
    "invite": "invite",
    "extend": "run-rounds",
    "round-open": "run-rounds",
    "round-closed": "run-rounds",
    "give-share": "hold-share",
    "unseal": "unseal",
    "review": "publish",
    "publish": "publish",
    "retention-warning": "publish",
    "round-erased": "publish",
    "round-lost": "run-rounds",
}
"""Whom an occasion concerns: the deed that answers it."""

PAGES: dict[Occasion, str] = {
    "approve": "/team/surveys/{about}",
    "plan": "/team/surveys/{about}/plan",
    "name-trustees": "/team/surveys/{about}/plan",
    "set-passphrase": "/team/trustee/{about}",
    "prove-share": "/team/trustee/{about}",
    "give-share": "/team/trustee/{about}",
}
"""Where it is done, where that is not the page of the round."""


OCCASION_OF: dict[TaskName, Occasion] = {
    "approve": "approve",
    "plan": "plan",
    "name-trustees": "name-trustees",
    "set-passphrase": "set-passphrase",
    "prove-share": "prove-share",
    "invite": "invite",
    "extend": "extend",
    "unseal": "unseal",
    "give-share": "give-share",
    "compute": "review",
    "comments": "review",
    "publish": "publish",
}
"""As what a task is told. Of what is to be done before the erasure, the two warnings tell."""


def page_of(occasion: Occasion, about: str) -> str:
    return PAGES.get(occasion, "/team/rounds/{about}").format(about=about)


def roles_of(occasion: Occasion) -> frozenset[AccountRole]:
    """The roles that are told where nobody is named."""
    return frozenset(role for role, deeds in MAY.items() if DEED_OF[occasion] in deeds)
