"""The questionnaires that come with the service, and the example of the document."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from questionnaires.answers import AnswerChecker, longest_answer, shown
from questionnaires.definitions import DefinitionFaults, find, library, load, with_units
from questionnaires.model import Questionnaire, Text

PLAINTEXT_SIZE = 4096  # bytes of a sealed response's plaintext; docs: participant protocol, section 4
LENGTH_PREFIX = 4  # bytes

DOCUMENT = Path(__file__).parents[3] / "docs" / "questionnaire-file.md"

SIXTY_UNITS = [(f"{number:02}{'u' * 62}", {"de": f"Amt {number}", "en": f"Office {number}"}) for number in range(60)]


def texts(questionnaire: Questionnaire) -> Iterator[Text]:
    yield questionnaire.title
    for section in questionnaire.sections:
        yield section.title
        yield section.note
    for block in questionnaire.blocks:
        yield block.text
    for item in questionnaire.items:
        yield item.text
        yield item.hint
        for option in item.options:
            yield option.text
    for scale in questionnaire.scales:
        yield scale.title


@pytest.mark.parametrize("name", library())
def test_every_questionnaire_loads_in_german_and_english(name: str) -> None:
    questionnaire = load(find(name))
    assert questionnaire.id == name
    assert set(questionnaire.languages) == {"de", "en"}
    for text in texts(questionnaire):
        assert not text or text.keys() == set(questionnaire.languages)


@pytest.mark.parametrize("name", library())
def test_the_longest_answer_fits_a_sealed_response_even_with_sixty_long_units(name: str) -> None:
    questionnaire = with_units(load(find(name)), SIXTY_UNITS)
    assert longest_answer(questionnaire) <= PLAINTEXT_SIZE - LENGTH_PREFIX


@pytest.mark.parametrize("name", ["core", "pulse"])
def test_everything_about_hostility_is_sensitive(name: str) -> None:
    questionnaire = load(find(name))
    for item in questionnaire.items:
        assert item.sensitive == (item.section in {"hostility", "incidents"}), item.id
    for section in questionnaire.sections:
        assert bool(section.note) == (section.id in {"hostility", "incidents"}), section.id


@pytest.mark.parametrize("name", ["core", "pulse"])
def test_nothing_asks_for_age_origin_or_gender(name: str) -> None:
    ids = {item.id for item in load(find(name)).items}
    assert not ids & {"age", "origin", "gender", "nationality", "religion", "migration", "disability"}
    groups = [item.id for item in load(find(name)).items if item.section == "work"]
    assert groups == (["unit", "leadership-role", "citizen-contact"] if name == "core" else ["unit"])


def test_core_asks_34_items_of_everyone_and_44_at_most() -> None:
    core = load(find("core"))
    assert len(shown(core, {})) == 34
    assert len(core.items) == 44
    affected = shown(core, {"threat": "once-or-twice", "reported": "no"})
    assert len(affected) == 34 + 8
    assert core.minutes == 8


def test_pulse_asks_ten_items() -> None:
    pulse = load(find("pulse"))
    assert len(pulse.items) == 10
    assert len(shown(pulse, {})) == 9
    assert "source-3-months" in shown(pulse, {"racist-incident-3-months": ["against-me"]})
    assert "source-3-months" not in shown(pulse, {"racist-incident-3-months": ["against-others"]})


def test_pulse_and_core_share_an_id_only_where_the_item_is_the_same() -> None:
    core, pulse = load(find("core")), load(find("pulse"))
    for item in pulse.items:
        twin = core.item(item.id)
        if twin is not None:
            same_options = [(option.code, option.value) for option in twin.options]
            assert [(option.code, option.value) for option in item.options] == same_options, item.id
            assert "3 Monat" not in item.text["de"]
            assert "12 Monat" not in twin.text["de"]
    assert not {scale.id for scale in core.scales} & {scale.id for scale in pulse.scales}


def test_consequences_of_2017_need_no_incident() -> None:
    checker = AnswerChecker(load(find("open-source-2017")))
    answers = {"experienced": ["none"], "consequences": ["pseudonym"], "population": "github"}
    assert checker.check(answers) == answers


def test_effectiveness_of_2017_is_asked_of_each_response_given() -> None:
    questionnaire = load(find("open-source-2017"))
    response = questionnaire.item("response")
    assert response is not None
    for option in response.options:
        visible = shown(questionnaire, {"experienced": ["other"], "response": [option.code]})
        asked = [name for name in visible if name.startswith("effectiveness-")]
        assert asked == ([] if option.exclusive else [f"effectiveness-{option.code}"])


def test_the_documents_example_loads(tmp_path: Path) -> None:
    found = re.findall(r"<!-- (\S+\.toml) -->\n```toml\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert [name for name, _ in found] == ["tea.toml", "tea.en.toml"]
    for name, content in found:
        (tmp_path / name).write_text(content, encoding="utf-8")
    tea = load(tmp_path / "tea.toml")
    assert tea.languages == ("de", "en")
    assert len(tea.items) == 5


def test_the_documents_faults_are_the_loaders(tmp_path: Path) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    examples = dict(re.findall(r"<!-- (\S+\.toml) -->\n```toml\n(.*?)```", document, re.DOTALL))
    wrong = examples["tea.toml"].replace('show_if = ["quarrelled"]', 'show_if = ["quarreled"]')
    (tmp_path / "tea.toml").write_text(wrong, encoding="utf-8")
    english = "".join(line for line in examples["tea.en.toml"].splitlines(keepends=True) if "cups" not in line)
    (tmp_path / "tea.en.toml").write_text(english, encoding="utf-8")
    with pytest.raises(DefinitionFaults) as caught:
        load(tmp_path / "tea.toml")
    assert len(caught.value.faults) == 2
    for line in str(caught.value).splitlines():
        assert line.replace(f"{tmp_path}/", "") in document
