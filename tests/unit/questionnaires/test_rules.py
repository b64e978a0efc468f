"""Each rule on what the parts of a questionnaire must mean together, by one file that breaks it."""

from collections.abc import Callable

import pytest

FaultsOf = Callable[..., list[str]]


def test_a_sound_questionnaire_has_no_faults(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    assert faults_of(head + quarrel) == []


def test_a_condition_may_not_refer_to_a_later_item(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    condition = '[[conditions]]\nid = "quarrelled"\nitems = ["second"]\noptions = ["often"]\n'
    first = quarrel + 'show_if = ["quarrelled"]\n'
    second = quarrel.replace('"quarrel"', '"second"')
    (fault,) = faults_of(head + condition + first + second)
    assert fault.startswith("items[0].show_if: The condition `quarrelled` depends on `second`")


def test_a_condition_may_not_refer_to_its_own_item(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    condition = '[[conditions]]\nid = "quarrelled"\nitems = ["quarrel"]\noptions = ["often"]\n'
    (fault,) = faults_of(head + condition + quarrel + 'show_if = ["quarrelled"]\n')
    assert fault.startswith("items[0].show_if: The condition `quarrelled` depends on `quarrel`")


# What follows the head and the one item of the sound questionnaire -> the only fault it causes.
ADDED = {
    '[[conditions]]\nid = "c"\nitems = ["quarrel"]\noptions = ["yearly"]': (
        "conditions[0].items: `quarrel` offers none of the condition's options",
        "conditions[0].options: None of the condition's items offers the option `yearly`",
    ),
    '[[conditions]]\nid = "c"\nitems = ["quarrel"]\noptions = ["often", "yearly"]': (
        "conditions[0].options: None of the condition's items offers the option `yearly`",
    ),
    '[[conditions]]\nid = "c"\nitems = ["nothing"]\noptions = ["often"]': (
        "conditions[0].items: There is no item `nothing`",
    ),
    '[[conditions]]\nid = "c"': (
        "conditions[0].items: The condition names no items",
        "conditions[0].options: The condition names no options",
    ),
    '[[answer_sets]]\nid = "spare"\noptions = [{ code = "a", text = "A" }]': (
        "answer_sets[1]: No item uses the answer set `spare`",
    ),
    '[[answer_sets]]\nid = "frequency"\noptions = []': (
        "answer_sets[1].options: The answer set has no options",
        "answer_sets[1].id: `frequency` is already the id of answer_sets[0]",
    ),
    '[[sections]]\nid = "empty"\ntitle = "Leer"': ("sections[1]: No item stands in the section `empty`",),
    '[[blocks]]\nid = "empty"\ntext = "Leer"': ("blocks[0]: No item stands in the block `empty`",),
    '[[scales]]\nid = "s"\nkind = "score"\nitems = []\ntitle = "S"': ("scales[0].items: The scale names no items",),
    '[[scales]]\nid = "s"\nkind = "score"\nitems = ["x"]\ntitle = "S"': ("scales[0].items: There is no item `x`",),
    '[[scales]]\nid = "s"\nkind = "mean"\nitems = ["quarrel"]\ntitle = "S"': (
        "scales[0].kind: `mean` is not possible here. Choose one of: score, prevalence.",
    ),
    '[[scales]]\nid = "s"\nkind = "score"\nitems = ["quarrel", "quarrel"]\ntitle = "S"\nminimum_share = 2': (
        "scales[0].items: The scale names an item twice",
        "scales[0].minimum_share: `minimum_share` must be above 0 and at most 1",
    ),
    "[items]\n": ("None: This is not TOML",),
}


@pytest.mark.parametrize("added", ADDED)
def test_a_faulty_part_is_named(added: str, faults_of: FaultsOf, head: str, quarrel: str) -> None:
    faults = faults_of(f"{head}{quarrel}\n{added}")
    assert len(faults) == len(ADDED[added])
    for fault, expected in zip(faults, ADDED[added], strict=True):
        assert fault.startswith(expected)


# The lines of a second item -> the only fault it causes.
SECOND_ITEM = {
    'kind = "single"': "items[1].options: A choice needs options",
    'kind = "multiple"\noptions = []': "items[1].options: A choice needs options",
    'kind = "single"\noptions = "yearly"': "items[1].options: There is no answer set `yearly`",
    'kind = "single"\noptions = 7': "items[1].options: `options` must be a list of tables",
    'kind = "essay"': "items[1].kind: `essay` is not possible here",
    'kind = "multiple"\noptions_from = "units"': "items[1].options_from: Only a single choice can offer the units",
    'kind = "single"\noptions_from = "cities"': "items[1].options_from: `cities` is not possible here",
    'kind = "number"': "items[1]: A number needs bounds",
    'kind = "number"\nminimum = 3\nmaximum = 1': "items[1].minimum: `minimum` is larger than `maximum`",
    'kind = "number"\nminimum = 0\nmaximum = 1000000000000000': "items[1]: The bounds have more than 15 digits",
    'kind = "number"\nminimum = 0\nmaximum = "9"': "items[1].maximum: `maximum` must be a whole number",
    'kind = "number"\nminimum = 0\nmaximum = 9\noptions = "frequency"': "items[1].options: A number item has no options",
    'kind = "text"': "items[1].max_length: A text needs `max_length`",
    'kind = "text"\nmax_length = 0': "items[1].max_length: A text needs `max_length`",
    'kind = "single"\noptions = "frequency"\nmax_length = 9': "items[1].max_length: `max_length` belongs to a text",
    'kind = "single"\noptions = "frequency"\nminimum = 9': "items[1]: `minimum` and `maximum` belong to a number",
    'kind = "text"\nmax_length = 9\nreverse = true': "items[1].reverse: Only a single choice whose options all",
    'kind = "multiple"\noptions = "frequency"\nreverse = true': "items[1].reverse: Only a single choice whose options",
    'kind = "single"\nreverse = true\noptions = [{ code = "a", text = "A", value = 1 }, { code = "b", text = "B" }]': (
        "items[1].reverse: Only a single choice whose options all"
    ),
    'kind = "single"\noptions = [{ code = "a", text = "A", exclusive = true }]': (
        "items[1].options[0]: `exclusive` belongs in a multiple choice"
    ),
    'kind = "single"\noptions = [{ code = "a", text = "" }]': "items[1].options[0].text: `text` is empty",
    'kind = "single"\noptions = [{ code = "A", text = "A" }]': "items[1].options[0].code: `A` is no valid name",
    f'kind = "single"\noptions = [{{ code = "{"a" * 65}", text = "A" }}]': "items[1].options[0].code: `aaaa",
    'kind = "single"\noptions = [{ code = "a", text = "A", points = 1 }]': (
        "items[1].options[0].points: `points` is not known here. Remove it."
    ),
    'kind = "single"\noptions = [{ code = "a", text = "A", value = 1, missing = true }]': (
        "items[1].options[0].value: A missing code carries no points"
    ),
    'kind = "single"\nsensitive = true\noptions = [{ code = "a", text = "A" }]': (
        "items[1].options: A sensitive item that everyone is asked needs an option marked harmless"
    ),
    'kind = "single"\noptions = "frequency"\nsensitive = "yes"': "items[1].sensitive: `sensitive` must be true or false",
    'kind = "single"\noptions = "frequency"\nshow_if = ["never-declared"]': (
        "items[1].show_if: There is no condition `never-declared`. Declare it."
    ),
    'kind = "single"\noptions = "frequency"\nshow_if = "quarrelled"': "items[1].show_if: `show_if` must be a list of ids",
    'kind = "single"\noptions = "frequency"\nblock = "forms"': "items[1].block: There is no block `forms`",
    'kind = "single"\noptions = "frequency"\nshow_iff = []': "items[1].show_iff: `show_iff` is not known here. Did you mean",
}


@pytest.mark.parametrize("lines", SECOND_ITEM)
def test_a_faulty_item_is_named(lines: str, faults_of: FaultsOf, head: str, quarrel: str) -> None:
    second = f'[[items]]\nid = "second"\nsection = "kitchen"\ntext = "Und?"\n{lines}\n'
    (fault,) = faults_of(head + quarrel + second)
    assert fault.startswith(SECOND_ITEM[lines])


def test_two_items_may_not_share_an_id(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    assert faults_of(head + quarrel + quarrel) == [
        "items[1].id: `quarrel` is already the id of items[0]. Choose another."
    ]


def test_a_sensitive_item_asked_only_of_the_affected_needs_no_harmless_option(
    faults_of: FaultsOf, head: str, quarrel: str
) -> None:
    condition = '[[conditions]]\nid = "quarrelled"\nitems = ["quarrel"]\noptions = ["often"]\n'
    reason = """
[[items]]
id = "reason"
kind = "multiple"
section = "kitchen"
text = "Worum ging es?"
sensitive = true
show_if = ["quarrelled"]
options = [{ code = "milk", text = "Milch" }]
"""
    assert faults_of(head + condition + quarrel + reason) == []


def test_a_prevalence_needs_a_harmless_option(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    scale = '[[scales]]\nid = "any"\nkind = "prevalence"\nitems = ["quarrel"]\ntitle = "Streit"\n'
    (fault,) = faults_of(head.replace(", harmless = true", "") + quarrel.replace("sensitive = true", "") + scale)
    assert fault.startswith("scales[0].items: `quarrel` has no harmless option")


def test_a_score_needs_different_points(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    scale = '[[scales]]\nid = "mean"\nkind = "score"\nitems = ["quarrel"]\ntitle = "Streit"\n'
    (fault,) = faults_of(head.replace("value = 1", "value = 0") + quarrel + scale)
    assert fault.startswith("scales[0].items: `quarrel` has no points to score")


def test_the_items_of_a_block_stand_together_with_the_same_options(
    faults_of: FaultsOf, head: str, quarrel: str
) -> None:
    block = '[[blocks]]\nid = "forms"\ntext = "Wie oft?"\n'
    inside = quarrel + 'block = "forms"\n'
    between = quarrel.replace('"quarrel"', '"between"')
    other = inside.replace('"quarrel"', '"other"').replace('"single"', '"multiple"')
    apart, differing = faults_of(head + block + inside + between + other)
    assert apart.startswith("blocks[0]: The items of the block `forms` do not stand together")
    assert differing.startswith("blocks[0]: The items of the block `forms` differ in kind, section or options")


def test_a_block_holds_choices(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    block = '[[blocks]]\nid = "forms"\ntext = "Wie oft?"\n'
    number = '[[items]]\nid = "n"\nkind = "number"\nsection = "kitchen"\nblock = "forms"\ntext = "N"\n'
    (fault,) = faults_of(head + block + quarrel + number + "minimum = 0\nmaximum = 1\n")
    assert fault.startswith("blocks[0]: The block `forms` holds number items")


def test_sections_stand_together_and_in_order(faults_of: FaultsOf, head: str, quarrel: str) -> None:
    hall = '[[sections]]\nid = "hall"\ntitle = "Flur"\n'
    second = quarrel.replace('"quarrel"', '"second"').replace('"kitchen"', '"hall"')
    third = quarrel.replace('"quarrel"', '"third"')
    (apart,) = faults_of(head + hall + quarrel + second + third)
    assert apart.startswith("sections[0]: The items of the section `kitchen` do not stand together")
    (turned,) = faults_of(head + hall + second + quarrel)
    assert turned.startswith("sections: The sections stand in another order than their items")


def test_an_empty_file_lists_what_it_needs(faults_of: FaultsOf) -> None:
    places = [fault.split(":")[0] for fault in faults_of("")]
    assert places == ["language", "id", "version", "title", "minutes", "sections", "items"]


@pytest.mark.parametrize("version", ["1.0", "01.0.0", "1.0.0.0", "v1.0.0", "1.0.0-", "1.0.0 "])
def test_a_version_is_semantic(version: str, faults_of: FaultsOf, head: str, quarrel: str) -> None:
    faults = faults_of(head.replace('version = "1.0.0"', f'version = "{version}"') + quarrel)
    # Blanks around a wording are dropped everywhere, so the last one is fine.
    assert bool(faults) == (version.strip() == version)


@pytest.mark.parametrize("tag", ["de", "de-simple", "ar", "zh-hant"])
def test_languages_are_tags(tag: str, faults_of: FaultsOf, head: str, quarrel: str) -> None:
    assert faults_of(head.replace('language = "de"', f'language = "{tag}"') + quarrel) == []


@pytest.mark.parametrize("tag", ["German", "de_DE", "d"])
def test_other_languages_are_refused(tag: str, faults_of: FaultsOf, head: str, quarrel: str) -> None:
    (fault,) = faults_of(head.replace('language = "de"', f'language = "{tag}"') + quarrel)
    assert fault.startswith(f"language: `{tag}` is no language tag")
