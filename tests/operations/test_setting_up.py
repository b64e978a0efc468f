"""Surveys from their files, rounds from surveys, codes for rounds."""

import asyncio
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from analysis import Association, Reliability, WeightedMean
from questionnaires import definitions
from survey_service.domain import encodings
from survey_service.domain.messages import Terms
from survey_service.domain.rounds import RoundId
from survey_service.errors import UnknownRound, UnknownSurvey, WrongState
from survey_service.operations.create_round import UnusableTimes, create_round
from survey_service.operations.create_survey import SurveyExists, UnusableSurvey, create_survey, read_survey
from survey_service.operations.installation import Installation
from survey_service.operations.invite import BeyondRoster, RoundTakesNoCodes, invite
from survey_service.operations.move_round import NotLater, extend_round, start_round
from survey_service.operations.publication import publication_plan
from survey_service.operations.recount import recount
from survey_service.operations.run_schedule import run_due
from survey_service.store import rounds as store
from tests.conftest import new_round, set_times
from tests.operations.participants import take_part

UNITS = """id,parent,name_de,name_en,headcount
town,,Stadt,Town,60
culture,town,Kultur,Culture,25
order,town,Ordnung,Public order,35
"""
WITH_UNITS = """
id = "{survey_id}"
title = {{ de = "Rückhalt", en = "Backing" }}
questionnaire = "core"
languages = ["de", "en"]
units = "units.csv"

[[publication]]
dimensions = ["unit"]
"""


def survey_file(directory: Path, survey_id: str, units: str = UNITS, text: str = WITH_UNITS) -> Path:
    (directory / "units.csv").write_text(units, encoding="utf-8")
    path = directory / f"{survey_id}.toml"
    path.write_text(text.format(survey_id=survey_id), encoding="utf-8")
    return path


def test_a_survey_offers_the_units_nobody_stands_below(tmp_path: Path) -> None:
    stored = read_survey(survey_file(tmp_path, "with-units"))
    questionnaire = msgspec.json.decode(stored.questionnaire)
    (unit,) = [item for item in questionnaire["items"] if item.get("options_from") == "units"]
    assert [option["code"] for option in unit["options"]][:2] == ["culture", "order"]
    assert stored.survey.roster_size == 60


def test_a_survey_file_shows_all_its_faults_at_once(tmp_path: Path) -> None:
    units = "id,parent,name_de,headcount\ntown,,Stadt,60\nA B,town,Amt,many\ntiny,town,Klein,4\nlost,moon,Fern,30\n"
    path = survey_file(
        tmp_path,
        "faulty",
        units,
        """
id = "Faulty Survey"
title = {{ de = "Probe" }}
questionnaire = "core"
languages = ["de"]
units = "units.csv"
minimum_group_size = 4
retention_days = 0
[[publication]]
dimensions = ["unit", "leadership"]
items = ["nonsense"]
[[publication]]
dimensions = ["moon"]
[schedule]
days = 0
""",
    )
    with pytest.raises(UnusableSurvey) as refused:
        read_survey(path)
    found = "\n".join(refused.value.faults)
    for fault in (
        "id: it is written with",
        "minimum_group_size: it is never below 5",
        "retention_days",
        "schedule.days",
        "publication[0]: name one dimension, or the unit crossed with citizen-contact or leadership-role",
        "publication[0]: nonsense is no item",
        "publication[1]: moon is no item that groups people",
        "units.csv, line 3: headcount is not a whole number",
        "units.csv, line 3: id is written with",
        "the parent moon of lost is no unit",
    ):
        assert fault in found, fault


def test_a_unit_below_the_minimum_group_size_is_to_be_merged(tmp_path: Path) -> None:
    units = UNITS.replace("Culture,25", "Culture,4").replace("order,35", "order,56")
    with pytest.raises(UnusableSurvey, match="culture has 4 persons, fewer than the minimum group size; merge it"):
        read_survey(survey_file(tmp_path, "small", units))


LEADERS = """id,parent,name_de,name_en,headcount,headcount_leadership
town,,Stadt,Town,60,7
culture,town,Kultur,Culture,25,3
order,town,Ordnung,Public order,35,4
"""
CROSSED = WITH_UNITS.replace('["unit"]', '["unit", "leadership-role"]')


def test_a_crossing_with_the_headcounts_of_its_groups_is_planned(tmp_path: Path) -> None:
    stored = read_survey(survey_file(tmp_path, "crossed", LEADERS, CROSSED))

    plan = publication_plan(stored.survey, definitions.from_bytes(stored.questionnaire))

    assert plan.headcounts["unit",] == {("town",): 60, ("culture",): 25, ("order",): 35}
    assert plan.headcounts["unit", "leadership-role"]["culture", "yes"] == 3
    assert plan.headcounts["unit", "leadership-role"]["culture", "no"] == 22
    assert plan.parents == {"unit": {"culture": "town", "order": "town"}}


@pytest.mark.parametrize(
    ("units", "fault"),
    [
        (UNITS, "needs headcount_leadership of every unit; it is missing for town, culture, order"),
        (LEADERS.replace("60,7", "60,9"), "headcount_leadership of town is more than its headcount, or not the sum"),
        (
            LEADERS.replace("25,3", "25,26"),
            "headcount_leadership of culture is more than its headcount, or not the sum",
        ),
    ],
)
def test_a_crossing_without_consistent_headcounts_is_refused(tmp_path: Path, units: str, fault: str) -> None:
    with pytest.raises(UnusableSurvey, match=fault):
        read_survey(survey_file(tmp_path, "crossed", units, CROSSED))


STATISTICS = """
[[statistics]]
kind = "reliability"
items = ["superior-support", "safety"]
[[statistics]]
kind = "association"
items = ["reported", "leadership-awareness"]
options = ["all", "in-part"]
[[statistics]]
kind = "weighted-mean"
items = ["superior-support"]
by = ["unit", "leadership-role"]
"""


def test_statistics_of_the_whole_round_are_planned_with_all_that_goes_in(tmp_path: Path) -> None:
    stored = read_survey(survey_file(tmp_path, "statistics", LEADERS, CROSSED + STATISTICS))

    plan = publication_plan(stored.survey, definitions.from_bytes(stored.questionnaire))

    assert plan.statistics == (
        Reliability(figure="superior-support"),
        Reliability(figure="safety"),
        Association(figures=("reported", "leadership-awareness"), options=("all", "in-part")),
        WeightedMean(
            figure="superior-support",
            population={"unit": {"culture": 25, "order": 35}, "leadership-role": {"yes": 7, "no": 53}},
        ),
    )


@pytest.mark.parametrize(
    ("units", "changed", "fault"),
    [
        (LEADERS, ('"superior-support", "safety"', '"hostility-any"'), "no reliability can be made of hostility-any"),
        (LEADERS, ('"all", "in-part"', '"never"'), "no association can be made of reported, leadership-awareness"),
        (LEADERS, ('"reported", "leadership', '"leadership'), "no association can be made of leadership-awareness"),
        (
            LEADERS,
            (
                'dimensions = ["unit", "leadership-role"]',
                'dimensions = ["unit", "leadership-role"]\nitems = ["safety"]',
            ),
            "superior-support is weighted by unit, and so is to be published by it",
        ),
        (UNITS, ('by = ["unit", "leadership-role"]', 'by = ["citizen-contact"]'), "weights by citizen-contact need"),
        (LEADERS, ('by = ["unit", "leadership-role"]', ""), "no weighted-mean can be made of superior-support"),
    ],
)
def test_a_statistic_that_cannot_be_made_is_a_fault_of_the_plan(
    tmp_path: Path, units: str, changed: tuple[str, str], fault: str
) -> None:
    text = (CROSSED if units == LEADERS else WITH_UNITS) + STATISTICS
    assert changed[0] in text
    with pytest.raises(UnusableSurvey, match=fault):
        read_survey(survey_file(tmp_path, "statistics", units, text.replace(*changed)))


def test_units_below_another_add_up_to_it(tmp_path: Path) -> None:
    with pytest.raises(UnusableSurvey, match="town has 60 persons, the units below it 65"):
        read_survey(survey_file(tmp_path, "sum", UNITS.replace("Culture,25", "Culture,30")))


def test_an_unknown_key_of_a_survey_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(UnusableSurvey, match="unknown field `anonymous`"):
        read_survey(survey_file(tmp_path, "unknown", text="anonymous = false\n" + WITH_UNITS))


def test_a_questionnaire_whose_longest_answer_does_not_fit_is_refused(tmp_path: Path) -> None:
    (tmp_path / "long.toml").write_text(
        """
id = "long"
version = "1.0.0"
language = "en"
title = "Too long"
minutes = 2
[[sections]]
id = "only"
title = "Only"
[[items]]
id = "comment"
kind = "text"
section = "only"
text = "Anything else?"
max_length = 2000
""",
        encoding="utf-8",
    )
    text = 'id = "long"\ntitle = {{ en = "Long" }}\nquestionnaire = "long.toml"\nlanguages = ["en"]\nroster_size = 50\n'
    with pytest.raises(UnusableSurvey, match="its longest possible answer takes"):
        read_survey(survey_file(tmp_path, "long-survey", text=text))


async def test_a_survey_is_set_up_once(installation: Installation, tmp_path: Path) -> None:
    await create_survey(installation, survey_file(tmp_path, "once"))
    with pytest.raises(SurveyExists, match="give the new version an id of its own"):
        await create_survey(installation, survey_file(tmp_path, "once"))


async def test_terms_are_what_any_client_accepts_and_the_fingerprint_is_theirs(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path)
    terms = msgspec.json.decode(found.terms, type=Terms)
    assert terms.round_id == found.round_id
    assert found.fingerprint == encodings.fingerprint(found.terms)


async def test_two_rounds_planned_at_once_get_two_ids_and_two_keys(installation: Installation, tmp_path: Path) -> None:
    await create_survey(installation, survey_file(tmp_path, "both"))
    one, other = await asyncio.gather(create_round(installation, "both"), create_round(installation, "both"))
    assert one.round_id != other.round_id
    for found in (one, other):
        assert installation.keys.has(found.round_id, "credential")
        assert installation.keys.has(found.round_id, "sealing")


async def test_a_round_that_would_end_before_it_begins_is_refused(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    with pytest.raises(UnusableTimes):
        await create_round(installation, found.survey_id, closes_at=found.opens_at - timedelta(days=1))
    with pytest.raises(UnknownSurvey):
        await create_round(installation, "nowhere")


async def test_a_scheduled_round_starts_by_hand_and_an_open_one_does_not(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, opens_in=3600)
    assert found.state == "scheduled"
    assert (await start_round(installation, found.round_id)).state == "open"
    with pytest.raises(WrongState, match="is open"):
        await start_round(installation, found.round_id)


async def test_a_round_is_extended_to_a_later_end_only(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    later = found.closes_at + timedelta(days=1)
    assert (await extend_round(installation, found.round_id, later)).closes_at == later
    with pytest.raises(NotLater):
        await extend_round(installation, found.round_id, found.closes_at)


async def test_codes_never_exceed_the_roster_even_when_drawn_by_many_at_once(
    installation: Installation, tmp_path: Path
) -> None:
    found = await new_round(installation, tmp_path, roster_size=50)
    drawn = await asyncio.gather(*(invite(installation, found.round_id, 20) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in drawn) == ["BeyondRoster", "BeyondRoster", "list", "list"]
    with pytest.raises(BeyondRoster, match="At most 10 more can be drawn"):
        await invite(installation, found.round_id, 11)
    assert len(await invite(installation, found.round_id, 10)) == 10


async def test_links_carry_the_code_in_the_fragment_only(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    (invitation,) = await invite(installation, found.round_id, 1)
    address, _, fragment = invitation.link.partition("#")
    assert address == f"http://survey.test/r/{found.round_id}"
    assert fragment == invitation.code.replace("-", "")


async def test_no_codes_are_drawn_after_the_end(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    await set_times(installation, found.round_id, opens=-timedelta(days=2), closes=-timedelta(days=1))
    with pytest.raises(RoundTakesNoCodes):
        await invite(installation, found.round_id, 1)
    with pytest.raises(UnknownRound):
        await invite(installation, "nowhere", 1)


async def test_what_is_due_happens_by_itself_and_only_then(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [{"witnessed": ("none",)}] * 10)

    async def state() -> str:
        async with installation.database.session("operation") as connection:
            return (await store.select_round(connection, found.round_id)).state

    await set_times(installation, found.round_id, opens=-timedelta(days=14), closes=-timedelta(minutes=9))
    await run_due(installation)
    assert await state() == "open"
    await set_times(installation, found.round_id, opens=-timedelta(days=14), closes=-timedelta(minutes=11))
    await run_due(installation)
    assert await state() == "unsealed"
    assert (await recount(installation, found.round_id)).sound
    async with installation.database.owner() as connection:
        await connection.execute("UPDATE round SET erase_at = now() WHERE round_id = $1", found.round_id)
    await run_due(installation)
    assert await state() == "erased"


async def test_of_many_schedulers_one_acts(installation: Installation, tmp_path: Path) -> None:
    found = await new_round(installation, tmp_path)
    await take_part(installation, found, [{"witnessed": ("none",)}] * 10)
    await set_times(installation, found.round_id, opens=-timedelta(days=14), closes=-timedelta(minutes=11))
    done = await asyncio.gather(*(run_due(installation) for _ in range(4)))
    told = [sentence for each in done for sentence in each if found.round_id in sentence]
    assert sorted(told) == [f"{found.round_id} {deed}" for deed in ("closed", "opened", "unsealed")]


async def test_keys_that_belong_to_no_round_are_passed_over_and_left_alone(
    installation: Installation, tmp_path: Path
) -> None:
    await create_survey(installation, survey_file(tmp_path, "left-over"))
    first = await create_round(installation, "left-over")
    stranger = RoundId(first.round_id.replace("-1", "-2"))
    installation.keys.create(stranger, "sealing", b"somebody's")
    second = await create_round(installation, "left-over")
    installation.keys.destroy(second.round_id, "sealing")
    installation.keys.destroy(second.round_id, "credential")
    third = await create_round(installation, "left-over")
    assert len({first.round_id, stranger, second.round_id, third.round_id}) == 4
    assert installation.keys.read(stranger, "sealing") == b"somebody's"
