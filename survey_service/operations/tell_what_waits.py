"""Notes for the team's mail what waits for whom: the tasks that the first page lists, each told once."""

from survey_service.domain.notices import OCCASION_OF
from survey_service.operations.installation import Installation
from survey_service.operations.notify_team import notify_team
from survey_service.operations.what_is_next import what_is_next


async def tell_what_waits(installation: Installation) -> int:
    """How many notes are new."""
    found = await what_is_next(installation)
    told = 0
    for task in found.tasks:
        occasion = OCCASION_OF.get(task.name)
        if occasion is not None:
            about = task.round_id or task.survey_id
            told += await notify_team(installation, occasion, about=about, to=task.whom(found.accounts))
    return told
