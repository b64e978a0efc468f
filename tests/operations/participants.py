"""People who take part without the network between: the same operations, the same protocol."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from survey_service.domain import encodings
from survey_service.domain.blind_signatures import load_public_key
from survey_service.domain.codes import normalise
from survey_service.domain.messages import Answers, Terms
from survey_service.domain.rounds import Round
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite
from survey_service.operations.redeem_invitation import Signers, redeem_invitation
from survey_service.operations.submit_response import submit_response
from survey_service.sealing import Participation

GitHub = {"experienced": ("none",), "population": "github"}


async def take_part(
    installation: Installation, found: Round, answers: Sequence[dict[str, str | tuple[str, ...]]]
) -> list[str]:
    """One receipt for each of the answers, in hex."""
    terms = msgspec.json.decode(found.terms, type=Terms)
    public_key = load_public_key(encodings.decode(terms.credential_key))
    receipts = []
    with ThreadPoolExecutor(1) as signing:
        signers = Signers(installation.keys, signing)
        for invitation, given in zip(await invite(installation, found.round_id, len(answers)), answers, strict=True):
            person = Participation.begin(terms, Answers(questionnaire=terms.questionnaire.sha256, answers=given))
            request = person.credential_request(invitation.code)
            signature = await redeem_invitation(
                installation.database, signers, found.round_id, normalise(invitation.code), request.decoded_message()
            )
            response = person.finish(signature)
            receipt, _ = await submit_response(
                installation.database, public_key, found.round_id, response.credential(), person.sealed
            )
            receipts.append(receipt.hex())
    return receipts
