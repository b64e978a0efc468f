"""An invitation as a person gets it."""

from msgspec import Struct

from survey_service.domain.codes import InvitationCode, grouped
from survey_service.domain.rounds import RoundId


class Invitation(Struct, frozen=True, kw_only=True):
    """A code as it is printed, and the link that carries it in its fragment."""

    code: str
    link: str


def invitation(base_url: str, round_id: RoundId, code: InvitationCode) -> Invitation:
    return Invitation(code=grouped(code), link=f"{base_url}/r/{round_id}#{code}")
