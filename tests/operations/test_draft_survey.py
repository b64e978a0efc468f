"""A draft is changed step by step, by several people, and becomes the survey that its file would have made."""

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from survey_service.domain.drafts import (
    FIELDS,
    STEPS,
    ChangedMeanwhile,
    DraftId,
    StepName,
    SurveyDraft,
    UnknownDraft,
    from_survey,
    step_of,
    suggested_id,
)
from survey_service.domain.survey_faults import FaultySurvey
from survey_service.operations.create_survey import SurveyExists, create_survey, read_survey
from survey_service.operations.draft_survey import (
    change_draft,
    create_from_draft,
    discard_draft,
    list_drafts,
    look_through,
    read_draft,
    start_draft,
)
from survey_service.operations.installation import Installation
from survey_service.operations.read_audit_log import read_audit_log
from survey_service.store import rounds as store
from tests.operations.test_setting_up import survey_file


async def change(installation: Installation, draft_id: DraftId, step: StepName, **fields: object) -> SurveyDraft:
    seen = (await read_draft(installation, draft_id)).draft.seen(step)
    return await change_draft(installation, draft_id, step, seen=seen, change=lambda draft: replace(draft, **fields))


async def draft_of(installation: Installation, path: Path, survey_id: str) -> DraftId:
    """A draft with everything that the file says, under another id."""
    wanted = replace(from_survey(read_survey(path).survey), id=survey_id)
    draft_id = await start_draft(installation)
    for step in STEPS:
        await change(installation, draft_id, step, **{field: getattr(wanted, field) for field in FIELDS[step]})
    return draft_id


async def test_a_draft_becomes_the_survey_that_its_file_would_have_made(
    installation: Installation, tmp_path: Path
) -> None:
    path = survey_file(tmp_path, "from-pages")
    draft_id = await draft_of(installation, path, "from-pages")
    looked = await look_through(installation, (await read_draft(installation, draft_id)).draft)
    assert looked.survey is not None
    assert looked.survey == read_survey(path)
    kim = installation.acting_for("kim@example.org")
    await create_from_draft(kim, draft_id, sha256=looked.survey.sha256)
    async with installation.database.session("reporting") as connection:
        assert (await store.select_survey(connection, "from-pages")).sha256 == read_survey(path).sha256
    with pytest.raises(UnknownDraft):
        await read_draft(installation, draft_id)
    created = [
        each for each in (await read_audit_log(installation)).entries if each.facts.get("survey_id") == "from-pages"
    ]
    assert [(each.who, each.deed) for each in created] == [("kim@example.org", "survey-created")]


async def test_of_two_who_change_one_step_the_later_is_told_and_nothing_is_lost(installation: Installation) -> None:
    draft_id = await start_draft(installation.acting_for("kim@example.org"))
    seen = (await read_draft(installation, draft_id)).draft.seen("retention")
    kim, sam = installation.acting_for("kim@example.org"), installation.acting_for("sam@example.org")
    await change_draft(kim, draft_id, "retention", seen=seen, change=lambda draft: replace(draft, retention_days=30))
    with pytest.raises(ChangedMeanwhile) as refused:
        await change_draft(
            sam, draft_id, "retention", seen=seen, change=lambda draft: replace(draft, retention_days=60)
        )
    assert (refused.value.found.changed_by, refused.value.found.draft.retention_days) == ("kim@example.org", 30)
    await change(sam, draft_id, "retention", retention_days=60)
    assert (await read_draft(installation, draft_id)).draft.retention_days == 60


async def test_whoever_changes_different_steps_at_once_loses_nothing(installation: Installation) -> None:
    draft_id = await start_draft(installation)
    await asyncio.gather(
        change(installation, draft_id, "retention", retention_days=30),
        change(installation, draft_id, "minimum", minimum_group_size=12),
        change(installation, draft_id, "custody", custody="2 of 3 trustees"),
        change(installation, draft_id, "approvals", approvals=()),
    )
    draft = (await read_draft(installation, draft_id)).draft
    assert (draft.retention_days, draft.minimum_group_size, draft.custody, draft.approvals) == (
        30,
        12,
        "2 of 3 trustees",
        (),
    )
    assert set(draft.settled) == {"retention", "minimum", "custody", "approvals"}


async def test_nothing_else_is_created_than_what_was_read(installation: Installation, tmp_path: Path) -> None:
    draft_id = await draft_of(installation, survey_file(tmp_path, "read-once"), "read-once")
    looked = await look_through(installation, (await read_draft(installation, draft_id)).draft)
    assert looked.survey is not None
    await change(installation, draft_id, "retention", retention_days=30)
    with pytest.raises(ChangedMeanwhile):
        await create_from_draft(installation, draft_id, sha256=looked.survey.sha256)
    await change(installation, draft_id, "retention", retention_days=0)
    with pytest.raises(FaultySurvey):
        await create_from_draft(installation, draft_id, sha256=looked.survey.sha256)
    assert (await read_draft(installation, draft_id)).draft.retention_days == 0


async def test_two_who_create_at_once_create_one_survey(installation: Installation, tmp_path: Path) -> None:
    draft_id = await draft_of(installation, survey_file(tmp_path, "once-only"), "once-only")
    looked = await look_through(installation, (await read_draft(installation, draft_id)).draft)
    assert looked.survey is not None
    outcomes = await asyncio.gather(
        *(create_from_draft(installation, draft_id, sha256=looked.survey.sha256) for _ in range(2)),
        return_exceptions=True,
    )
    refused = [each for each in outcomes if isinstance(each, Exception)]
    assert len(refused) == 1
    assert isinstance(refused[0], UnknownDraft | ChangedMeanwhile | SurveyExists)


async def test_a_draft_begins_as_another_survey_and_needs_an_id_of_its_own(
    installation: Installation, tmp_path: Path
) -> None:
    stored = await create_survey(installation, survey_file(tmp_path, "original"))
    draft_id = await start_draft(installation, template="original")
    draft = (await read_draft(installation, draft_id)).draft
    assert (draft.units, draft.publication, draft.settled) == (stored.survey.units, stored.survey.publication, ())
    assert [fault.name for fault in (await look_through(installation, draft)).faults] == ["id"]
    draft = await change(installation, draft_id, "title", id="original")
    assert [fault.name for fault in (await look_through(installation, draft)).faults] == ["id_taken"]


async def test_an_empty_draft_says_everything_that_is_missing_each_where_it_is_mended(
    installation: Installation,
) -> None:
    draft_id = await start_draft(installation)
    looked = await look_through(installation, (await read_draft(installation, draft_id)).draft)
    assert {step_of(fault.place) for fault in looked.faults} == {"questionnaire", "languages", "title", "units"}


async def test_a_draft_takes_its_questionnaire_from_the_library_only(
    installation: Installation, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    file.write_text("id = 'own'", encoding="utf-8")
    draft_id = await start_draft(installation)
    draft = await change(installation, draft_id, "questionnaire", questionnaire=str(file))
    assert next(fault.name for fault in (await look_through(installation, draft)).faults) == "no_questionnaire"
    draft = await change(installation, draft_id, "questionnaire", questionnaire="core")
    draft = await change(installation, draft_id, "languages", languages=("de", "tlh"))
    assert next(fault.name for fault in (await look_through(installation, draft)).faults) == "no_language"


async def test_a_draft_that_was_thrown_away_is_gone(installation: Installation) -> None:
    draft_id = await start_draft(installation)
    assert draft_id in {each.draft_id for each in await list_drafts(installation)}
    await discard_draft(installation, draft_id)
    assert draft_id not in {each.draft_id for each in await list_drafts(installation)}
    with pytest.raises(UnknownDraft):
        await discard_draft(installation, draft_id)


def test_an_id_is_suggested_from_the_title() -> None:
    assert suggested_id({"de": "Rückhalt & Größe 2026!"}) == "rueckhalt-groesse-2026"
    assert suggested_id({"ru": "Опрос"}) == suggested_id({}) == ""
    assert len(suggested_id({"de": "sehr lang " * 20})) <= 40
