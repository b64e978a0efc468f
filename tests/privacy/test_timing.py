"""How long an answer takes does not tell whether a code is unknown, used or valid."""

import statistics
import time
from pathlib import Path

import httpx
import msgspec
import pytest

from survey_service.attack import trial as trials
from survey_service.domain.codes import new_code
from survey_service.domain.messages import Answers
from survey_service.operations.installation import Installation
from survey_service.sealing import Participation

REQUESTS = 40  # of each kind, taken in turn, so that a busy machine slows all kinds alike
MOST = 1.5  # between medians; a refusal that skipped the signature or the write would be at half or less


async def test_unknown_used_and_valid_codes_take_the_same_time(
    installation: Installation, client: httpx.AsyncClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ballots = await trials.prepare(installation, tmp_path, REQUESTS + 1)
    path = f"/api/rounds/{ballots.round.round_id}/credentials"
    empty = Answers(questionnaire=ballots.terms.questionnaire.sha256, answers={})
    seconds: dict[str, list[float]] = {"unknown": [], "used": [], "valid": []}
    expected = {"unknown": 404, "used": 409, "valid": 200}

    async def ask(code: str) -> tuple[int, float]:
        body = msgspec.json.encode(Participation.begin(ballots.terms, empty).credential_request(code))
        started = time.perf_counter()
        answer = await client.post(path, content=body)
        return answer.status_code, time.perf_counter() - started

    await ask(ballots.codes[0])
    for code in ballots.codes[1:]:
        for kind, tried in (("unknown", new_code()), ("used", ballots.codes[0]), ("valid", code)):
            status, took = await ask(tried)
            assert status == expected[kind]
            seconds[kind].append(took)
    medians = {kind: statistics.median(taken) for kind, taken in seconds.items()}
    with capsys.disabled():
        print("\n" + ", ".join(f"{kind} {median * 1000:.2f} ms" for kind, median in medians.items()))  # noqa: T201
    assert max(medians.values()) < MOST * min(medians.values())
