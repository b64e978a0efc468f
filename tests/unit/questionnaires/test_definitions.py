from collections.abc import Callable
from pathlib import Path

import pytest

from questionnaires import definitions
from questionnaires.definitions import (
    DefinitionFaults,
    NotCanonical,
    UnknownLanguage,
    UnknownQuestionnaire,
    canonical_bytes,
    content_hash,
    find,
    from_bytes,
    library,
    load,
    restrict,
    with_units,
)

Write = Callable[..., Path]
FaultsOf = Callable[..., list[str]]

ENGLISH = """
language = "en"
origin = "machine"
title = "Tea kitchen"
answer_sets.frequency = { never = "Never", often = "Often", prefer-not-to-say = "I prefer not to say" }
sections.kitchen = "In the tea kitchen"
items.quarrel = "Was there a quarrel?"
"""

TEN_FAULTS = """
id = "Tea"
version = "1.0"
language = "de"
title = " "
minuets = 1
minutes = 1

[[sections]]
id = "kitchen"
title = "Küche"

[[conditions]]
id = "quarrelled"
items = ["later"]
options = ["yes"]

[[items]]
id = "first"
kind = "single"
section = "cellar"
text = "Die erste?"
show_if = ["quarrelled"]
options = [{ code = "yes", text = "Ja" }, { code = "yes", text = "Nein" }]

[[items]]
id = "later"
kind = "single"
section = "kitchen"
text = "Die zweite?"
sensitive = true
options = [{ code = "yes", text = "Ja" }]

[[items]]
id = "cups"
kind = "number"
section = "kitchen"
text = "Wie viele Tassen?"

[[scales]]
id = "score"
kind = "score"
items = ["later"]
title = "Wert"
"""


def test_a_file_and_its_translation_become_one_questionnaire(write: Write, head: str, quarrel: str) -> None:
    questionnaire = load(write(head + quarrel, en=ENGLISH))
    assert questionnaire.languages == ("de", "en")
    assert questionnaire.unconfirmed == ("en",)
    (item,) = questionnaire.items
    assert item.text == {"de": "Gab es Streit?", "en": "Was there a quarrel?"}
    assert [option.code for option in item.options] == ["never", "often", "prefer-not-to-say"]
    assert item.options[0].text == {"de": "Nie", "en": "Never"}


def test_ten_different_faults_are_listed_at_once(write: Write) -> None:
    path = write(TEN_FAULTS)
    with pytest.raises(DefinitionFaults) as caught:
        load(path)
    lines = str(caught.value).splitlines()
    places = [
        "title: `title` is empty",
        "minuets: `minuets` is not known here. Did you mean `minutes`?",
        "id: `Tea` is no valid name",
        "version: `1.0` is no version",
        "items[0].options[1].code: `yes` is already the code of option 0",
        "items[0].section: There is no section `cellar`. Declared are: kitchen.",
        "items[0].show_if: The condition `quarrelled` depends on `later`",
        "items[1].options: A sensitive item that everyone is asked needs an option marked harmless",
        "items[2]: A number needs bounds",
        "scales[0].items: `later` has no points to score",
    ]
    assert len(lines) == len(places)
    for place in places:
        assert sum(line.startswith(f"{path}: {place}") for line in lines) == 1, place


def test_a_syntax_fault_names_its_line(write: Write) -> None:
    path = write('id = "tea"\ntitle = "open\n')
    with pytest.raises(DefinitionFaults, match="not TOML") as caught:
        load(path)
    (fault,) = caught.value.faults
    assert (fault.file, fault.line, fault.path) == (str(path), 2, None)
    assert str(fault).startswith(f"{path}:2: ")


def test_a_list_that_never_ends_names_the_last_line(write: Write) -> None:
    path = write('id = "tea"\nitems = [\n')
    with pytest.raises(DefinitionFaults) as caught:
        load(path)
    assert caught.value.faults[0].line == 3


def test_a_file_in_another_encoding_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tea.toml"
    path.write_bytes('id = "tea"\ntitle = "Teeküche"\n'.encode("latin-1"))
    with pytest.raises(DefinitionFaults, match="not UTF-8") as caught:
        load(path)
    assert caught.value.faults[0].line == 2


def test_a_missing_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(DefinitionFaults, match="cannot be read"):
        load(tmp_path / "tea.toml")


def test_a_missing_translation_is_a_fault(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    assert faults_of(head + quarrel, en=ENGLISH.replace('often = "Often", ', "")) == [
        "answer_sets.frequency.often: This wording has no translation. Add it in `en`."
    ]


def test_a_translation_of_nothing_is_a_fault(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    (fault,) = faults_of(head + quarrel, en=ENGLISH + 'items.milk = "Is there milk?"\n')
    assert fault.startswith("items.milk.text: The questionnaire has no wording at this place")


def test_a_translation_must_be_text_that_says_something(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    faults = faults_of(head + quarrel, en=ENGLISH.replace('"Never"', '" "').replace('"Was there a quarrel?"', "7"))
    assert faults == [
        "answer_sets.frequency.never: The wording is empty. Write it.",
        "items.quarrel: A translation must be text in quotation marks.",
    ]


def test_a_translation_says_which_language_it_is_and_who_made_it(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    wrong = ENGLISH.replace('language = "en"', 'language = "tr"').replace('"machine"', '"somebody"')
    assert faults_of(head + quarrel, en=wrong) == [
        "language: The file's name says `en`. Make the two agree.",
        "origin: `somebody` is not possible here. Choose one of: person, machine.",
    ]


def test_a_broken_translation_is_reported_once(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    (fault,) = faults_of(head + quarrel, en="title = ")
    assert "This is not TOML" in fault


def test_a_file_does_not_translate_into_its_own_language(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    german = ENGLISH.replace('language = "en"', 'language = "de"')
    (fault,) = faults_of(head + quarrel, de=german)
    assert fault == "language: `tea.de.toml` translates into the file's own language. Remove one."


def test_only_the_chosen_languages_are_read(write: Write, head: str, quarrel: str) -> None:
    path = write(head + quarrel, en=ENGLISH, tr="this is broken")
    questionnaire = load(path, ["en"])
    assert questionnaire.languages == ("en",)
    assert questionnaire.items[0].text == {"en": "Was there a quarrel?"}
    assert load(path, ["en", "de"]).languages == ("en", "de")


def test_a_chosen_language_must_have_a_file(write: Write, head: str, quarrel: str) -> None:
    with pytest.raises(DefinitionFaults, match=r"no translation into `ar`.*tea\.ar\.toml"):
        load(write(head + quarrel), ["de", "ar"])
    with pytest.raises(DefinitionFaults, match="`DE` is no language tag"):
        load(write(head + quarrel), ["DE"])
    with pytest.raises(DefinitionFaults, match="No language was chosen"):
        load(write(head + quarrel), [])


def test_restricting_keeps_only_the_given_languages() -> None:
    core = load(find("core"))
    german = restrict(core, ["de"])
    assert german.languages == ("de",)
    assert german.unconfirmed == ()
    assert german == load(find("core"), ["de"])
    assert b'"en"' not in canonical_bytes(german)


def test_restricting_to_an_unknown_language_is_refused() -> None:
    core = load(find("core"))
    with pytest.raises(UnknownLanguage, match=r"no language `fr`.*de, en"):
        restrict(core, ["de", "fr"])
    with pytest.raises(ValueError, match="No language was chosen"):
        restrict(core, [])


def test_units_come_before_an_items_own_options() -> None:
    core = load(find("core"))
    filled = with_units(core, [("tiefbau", {"de": "Tiefbau", "en": "Civil works", "fr": "Génie"})])
    unit = filled.item("unit")
    assert unit is not None
    assert [option.code for option in unit.options] == ["tiefbau", "prefer-not-to-say"]
    assert unit.options[0].text == {"de": "Tiefbau", "en": "Civil works"}
    assert content_hash(filled) != content_hash(core)
    assert [item for item in filled.items if item.id != "unit"] == [item for item in core.items if item.id != "unit"]


def test_units_with_wrong_or_double_codes_or_without_a_name_are_refused() -> None:
    core = load(find("core"))
    with pytest.raises(DefinitionFaults) as caught:
        with_units(
            core,
            [
                ("Tiefbau", {"de": "Tiefbau", "en": "Civil works"}),
                ("bad", {"de": "Bad"}),
                ("bad", {"de": "Bad", "en": "Pool"}),
                ("prefer-not-to-say", {"de": "Amt", "en": "Office"}),
            ],
        )
    places = [fault.path for fault in caught.value.faults]
    assert places == ["units[1]", "units[0].code", "units[2].code", "units[4].code"]


def test_canonical_bytes_come_back_as_the_same_questionnaire() -> None:
    for name in library():
        questionnaire = load(find(name))
        canonical = canonical_bytes(questionnaire)
        assert from_bytes(canonical) == questionnaire
        assert content_hash(from_bytes(canonical)) == content_hash(questionnaire)


def test_the_order_in_which_a_texts_languages_were_read_does_not_change_the_hash() -> None:
    core = load(find("core"))
    turned = restrict(restrict(core, ["en", "de"]), ["de", "en"])
    assert content_hash(turned) == content_hash(core)
    assert canonical_bytes(core).startswith(b'{"id":"core","version":"1.0.0","title":{"de":')


@pytest.mark.parametrize(
    "change",
    [
        lambda good: good + b" ",
        lambda good: good.replace(b'"minutes":8', b'"minutes":8.0'),
        lambda good: good.replace(b'"minutes":8', b'"minutes":"8"'),
        lambda good: good.replace(b'"minutes":8', b'"hours":0,"minutes":8'),
        lambda good: good.replace(b'"minutes":8', b'"minutes":8,"minutes":8'),
        lambda good: good[:-1],
    ],
    ids=["blank", "float", "string", "unknown member", "double member", "cut"],
)
def test_bytes_that_are_not_canonical_are_refused(change: Callable[[bytes], bytes]) -> None:
    good = canonical_bytes(load(find("core")))
    assert change(good) != good
    with pytest.raises(NotCanonical):
        from_bytes(change(good))


def test_a_questionnaire_is_found_by_its_id_or_its_path(write: Write) -> None:
    path = write("")
    assert find("core") == definitions.LIBRARY / "core.toml"
    assert find("tea.toml", path.parent) == path
    assert find(str(path)) == path


@pytest.mark.parametrize("name", ["tea", "core.en", "../library/core", "nowhere/tea.toml"])
def test_an_unknown_questionnaire_is_refused(name: str) -> None:
    with pytest.raises(UnknownQuestionnaire, match="core, open-source-2017, pulse"):
        find(name)
