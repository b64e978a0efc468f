import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.answers import AnswerChecker, InvalidAnswers, longest_answer, parse_answers, shown
from questionnaires.model import AnswerOption, Condition, Item, ItemKind, Questionnaire, Section

OPTIONS = (
    AnswerOption(code="none", text={"de": "Nichts"}, exclusive=True),
    AnswerOption(code="milk", text={"de": "Milch"}),
    AnswerOption(code="sugar", text={"de": "Zucker"}),
)


def asking(*items: Item, conditions: tuple[Condition, ...] = ()) -> Questionnaire:
    return Questionnaire(
        id="tea",
        version="1.0.0",
        title={"de": "Tee"},
        languages=("de",),
        minutes=1,
        sections=(Section(id="kitchen", title={"de": "Küche"}),),
        items=items,
        conditions=conditions,
    )


def item(name: str, kind: ItemKind, **members: Any) -> Item:
    return Item(id=name, kind=kind, section="kitchen", text={"de": "?"}, **members)


TEA = asking(
    item("drinks", "single", options=OPTIONS[:2]),
    item("with", "multiple", options=OPTIONS, show_if=("drinks-milk",)),
    item("why", "text", max_length=5, show_if=("takes-sugar",)),
    item("cups", "number", minimum=-3, maximum=20),
    conditions=(
        Condition(id="drinks-milk", items=("drinks",), options=("milk",)),
        Condition(id="takes-sugar", items=("with",), options=("sugar",)),
    ),
)

EVERYTHING = {"drinks": "milk", "with": ["milk", "sugar"], "why": "süß\n!", "cups": "-3"}


def test_a_full_answer_comes_back_in_questionnaire_order() -> None:
    turned = {"cups": "-3", "why": "süß\n!", "with": ["sugar", "milk"], "drinks": "milk"}
    answers = parse_answers(TEA, turned)
    assert list(answers.items()) == list(EVERYTHING.items())


def test_an_empty_list_and_an_empty_text_count_as_skipped() -> None:
    assert parse_answers(TEA, {"drinks": "milk", "with": [], "why": ""}) == {"drinks": "milk"}
    assert parse_answers(TEA, {}) == {}


def test_an_answer_to_an_item_that_was_not_shown_is_dropped_alone() -> None:
    assert parse_answers(TEA, {**EVERYTHING, "with": ["milk"]}) == {"drinks": "milk", "with": ["milk"], "cups": "-3"}


def test_an_item_that_was_not_shown_counts_as_unanswered_for_later_conditions() -> None:
    assert parse_answers(TEA, {**EVERYTHING, "drinks": "none"}) == {"drinks": "none", "cups": "-3"}


def test_an_invalid_answer_to_a_hidden_item_is_still_invalid() -> None:
    with pytest.raises(InvalidAnswers):
        parse_answers(TEA, {"drinks": "none", "with": ["beer"]})


def test_all_conditions_of_an_item_must_hold() -> None:
    both = asking(
        *TEA.items[:2],
        item("both", "text", max_length=9, show_if=("drinks-milk", "takes-sugar")),
        conditions=TEA.conditions,
    )
    said = {"drinks": "milk", "with": ["milk"], "both": "x"}
    assert "both" not in parse_answers(both, said)
    assert parse_answers(both, {**said, "with": ["sugar"]})["both"] == "x"


def test_shown_follows_the_answers() -> None:
    assert shown(TEA, {}) == {"drinks", "cups"}
    assert shown(TEA, {"drinks": "milk"}) == {"drinks", "with", "cups"}
    assert shown(TEA, {"drinks": "milk", "with": ["sugar"]}) == {"drinks", "with", "why", "cups"}
    assert shown(TEA, {"drinks": "none", "with": ["sugar"]}) == {"drinks", "cups"}


INVALID: list[object] = [
    None,
    [],
    "milk",
    {"beer": "milk"},
    {"drinks": "beer"},
    {"drinks": ""},
    {"drinks": ["milk"]},
    {"drinks": None},
    {"drinks": 1},
    {"drinks": "sugar"},
    {"with": "milk"},
    {"with": ["beer"]},
    {"with": [1]},
    {"with": [["milk"]]},
    {"with": {"milk": True}},
    {"with": ["milk", "milk"]},
    {"with": ["none", "none"]},
    {"with": ["none", "milk"]},
    {"with": ["milk", "sugar", "none"]},
    {"why": 1},
    {"why": ["x"]},
    {"why": "123456"},
    {"why": "a\tb"},
    {"why": "a\rb"},
    {"why": "a\x00b"},
    {"why": "a\x7fb"},
    {"why": "a\x85b"},
    {"why": "a\ud800b"},
    {"cups": 3},
    {"cups": "21"},
    {"cups": "-4"},
    {"cups": "03"},
    {"cups": "+3"},
    {"cups": "-0"},
    {"cups": "3.0"},
    {"cups": "1e1"},
    {"cups": " 3"},
    {"cups": "3\n"},
    {"cups": ""},
    {"cups": "٣"},
    {"cups": "9" * 5000},
]


@pytest.mark.parametrize("raw", INVALID, ids=repr)
def test_what_no_participant_can_answer_is_invalid(raw: object) -> None:
    with pytest.raises(InvalidAnswers):
        parse_answers(TEA, raw)


@pytest.mark.parametrize("cups", ["-3", "-1", "0", "1", "10", "20"])
def test_a_number_within_its_bounds_is_valid(cups: str) -> None:
    assert parse_answers(TEA, {"cups": cups}) == {"cups": cups}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([each.id for each in TEA.items]) | st.text(max_size=4), JSON, max_size=4))
def test_any_json_is_either_answers_or_invalid(raw: dict[str, object]) -> None:
    try:
        answers = parse_answers(TEA, raw)
    except InvalidAnswers:
        return
    assert parse_answers(TEA, answers) == answers


@given(st.from_regex("[XYZ]{12,40}", fullmatch=True))
def test_what_is_wrong_with_an_answer_never_repeats_the_answer(secret: str) -> None:
    for raw in ({secret: "milk"}, {"drinks": secret}, {"with": [secret]}, {"why": secret}, {"cups": secret}):
        with pytest.raises(InvalidAnswers) as caught:
            parse_answers(TEA, raw)
        assert secret not in str(caught.value)
        assert secret not in repr(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None


NAMES = st.from_regex("[a-z0-9][a-z0-9-]{0,63}", fullmatch=True)
SAYABLE = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs")) | st.sampled_from('"\\\n😀')


def options(codes: list[str], exclusive: frozenset[int]) -> tuple[AnswerOption, ...]:
    return tuple(
        AnswerOption(code=code, text={"de": code}, exclusive=number in exclusive) for number, code in enumerate(codes)
    )


@st.composite
def items(draw: st.DrawFn, name: str) -> Item:
    kind: ItemKind = draw(st.sampled_from(("single", "multiple", "number", "text")))
    if kind == "number":
        low, high = sorted(draw(st.tuples(*[st.integers(-(10**15) + 1, 10**15 - 1)] * 2)))
        return item(name, kind, minimum=low, maximum=high)
    if kind == "text":
        return item(name, kind, max_length=draw(st.integers(1, 12)))
    codes = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    exclusive = draw(st.frozensets(st.integers(0, 4))) if kind == "multiple" else frozenset()
    return item(name, kind, options=options(codes, exclusive))


@st.composite
def asked_and_answered(draw: st.DrawFn) -> tuple[Questionnaire, dict[str, str | list[str]]]:
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    questionnaire = asking(*[draw(items(name)) for name in names])
    raw: dict[str, str | list[str]] = {}
    for each in questionnaire.items:
        codes = [option.code for option in each.options]
        together = [option.code for option in each.options if not option.exclusive]
        alone = [[option.code] for option in each.options if option.exclusive]
        if each.kind == "single":
            raw[each.id] = draw(st.sampled_from(codes))
        elif each.kind == "multiple":
            raw[each.id] = draw(st.sampled_from([together, *alone]))
        elif each.kind == "number":
            assert each.minimum is not None
            assert each.maximum is not None
            raw[each.id] = str(draw(st.integers(each.minimum, each.maximum)))
        else:
            raw[each.id] = draw(st.text(SAYABLE, min_size=1, max_size=each.max_length))
    return questionnaire, raw


def sealed_json(answers: dict[str, str | list[str]]) -> bytes:
    document = {"questionnaire": "0" * 64, "answers": answers}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


@given(asked_and_answered())
@settings(max_examples=150)
def test_no_valid_answer_is_longer_than_the_longest(case: tuple[Questionnaire, dict[str, str | list[str]]]) -> None:
    questionnaire, raw = case
    answers = AnswerChecker(questionnaire).check(raw)
    assert answers == {name: value for name, value in raw.items() if value}
    assert len(sealed_json(answers)) <= longest_answer(questionnaire)


def test_the_longest_answer_is_reached() -> None:
    questionnaire = asking(*TEA.items)
    longest = {"drinks": "milk", "with": ["milk", "sugar"], "why": "😀" * 5, "cups": "-3"}
    assert len(sealed_json(parse_answers(TEA, longest))) == longest_answer(questionnaire)


def test_the_longest_exclusive_option_may_be_the_longest_choice() -> None:
    code = "n" * 64
    only = asking(item("with", "multiple", options=options(["a", code], frozenset({1}))))
    assert longest_answer(only) == len(sealed_json({"with": [code]}))
    assert longest_answer(only, sha256_hex_length=0) == longest_answer(only) - 64


def test_a_questionnaire_without_bounds_cannot_check_answers() -> None:
    with pytest.raises(ValueError, match="no bounds"):
        AnswerChecker(asking(item("cups", "number")))
    with pytest.raises(ValueError, match="no `max_length`"):
        AnswerChecker(asking(item("why", "text")))
