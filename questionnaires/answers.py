"""What a participant answered, checked against what was asked."""

import re
from collections.abc import Callable, Iterable, Mapping

from questionnaires.model import Item, Questionnaire

Answers = dict[str, str | list[str]]
"""Item id -> option code, option codes, number or text; in questionnaire order, skipped items left out."""

_Value = str | list[str]

_INTEGER = re.compile(r"0|-?[1-9][0-9]{0,14}")  # the one decimal form of a whole number, at most 15 digits

# Control characters but the newline, and surrogates, which no UTF-8 can hold.
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

_BYTES_A_CODE_POINT = 4  # the longest in UTF-8; JSON writes quote, backslash and newline in 2


class InvalidAnswers(Exception):
    """Answers that no participant following the questionnaire can give.

    The message names the item and the rule, never what was answered.
    """

    def __init__(self, rule: str, item_id: str | None = None) -> None:
        super().__init__(rule if item_id is None else f"{item_id}: {rule}")
        self.rule = rule
        self.item_id = item_id


class AnswerChecker:
    """A questionnaire made ready to check many answers."""

    def __init__(self, questionnaire: Questionnaire) -> None:
        conditions = {condition.id: condition for condition in questionnaire.conditions}
        self._rows = tuple((item.id, _reader_of(item), item.show_if) for item in questionnaire.items)
        self._conditions = {
            name: (condition.items, frozenset(condition.options)) for name, condition in conditions.items()
        }

    def check(self, raw: object) -> Answers:
        """Return the answers in questionnaire order, without those to items their conditions did not show.

        raw: the decoded `answers` member of a sealed response; empty lists and empty texts count as skipped.

        Raises: InvalidAnswers.
        """
        if not isinstance(raw, dict):
            raise InvalidAnswers("The answers are no object.")
        answers: Answers = {}
        holds: dict[str, bool] = {}
        unmatched = len(raw)
        for item_id, read, show_if in self._rows:
            if item_id not in raw:
                continue
            unmatched -= 1
            value = read(raw[item_id])
            if value and (not show_if or self._all_hold(show_if, answers, holds)):
                answers[item_id] = value
        if unmatched:
            raise InvalidAnswers("An item is not in the questionnaire.")
        return answers

    def shown(self, answers: Mapping[str, _Value]) -> frozenset[str]:
        """Return the ids of the items that whoever gave `answers` was shown."""
        heard: Answers = {}
        holds: dict[str, bool] = {}
        shown = set()
        for item_id, _, show_if in self._rows:
            if self._all_hold(show_if, heard, holds):
                shown.add(item_id)
                if item_id in answers:
                    heard[item_id] = answers[item_id]
        return frozenset(shown)

    def _all_hold(self, names: Iterable[str], answers: Answers, holds: dict[str, bool]) -> bool:
        """Whether all conditions hold; `answers` has all that was said before, for conditions look only back."""
        for name in names:
            if name not in holds:
                holds[name] = self._holds(name, answers)
            if not holds[name]:
                return False
        return True

    def _holds(self, name: str, answers: Answers) -> bool:
        items, options = self._conditions[name]
        for item_id in items:
            value = answers.get(item_id)
            if value is None:
                continue
            if value in options if isinstance(value, str) else not options.isdisjoint(value):
                return True
        return False


def parse_answers(questionnaire: Questionnaire, raw: object) -> Answers:
    """Check one answer; for many, keep an `AnswerChecker`.

    Raises: InvalidAnswers.
    """
    return AnswerChecker(questionnaire).check(raw)


def shown(questionnaire: Questionnaire, answers: Mapping[str, _Value]) -> frozenset[str]:
    """Return the ids of the items that whoever gave `answers` was shown."""
    return AnswerChecker(questionnaire).shown(answers)


def _reader_of(item: Item) -> Callable[[object], _Value]:
    """Return a function from a raw value to a checked one; an empty one means skipped."""
    match item.kind:
        case "single":
            return _single_reader(item)
        case "multiple":
            return _multiple_reader(item)
        case "number":
            return _number_reader(item)
        case "text":
            return _text_reader(item)


def _single_reader(item: Item) -> Callable[[object], _Value]:
    codes = {option.code: option.code for option in item.options}

    def read(raw: object) -> _Value:
        code = codes.get(raw) if isinstance(raw, str) else None
        if code is None:
            raise InvalidAnswers("The answer is none of the options.", item.id)
        return code

    return read


def _multiple_reader(item: Item) -> Callable[[object], _Value]:
    places = {option.code: place for place, option in enumerate(item.options)}
    exclusive = frozenset(option.code for option in item.options if option.exclusive)

    def read(raw: object) -> _Value:
        if not isinstance(raw, list):
            raise InvalidAnswers("A multiple choice is a list.", item.id)
        if not all(isinstance(code, str) and code in places for code in raw):
            raise InvalidAnswers("A choice is none of the options.", item.id)
        if len(raw) > 1:
            if len(set(raw)) < len(raw):
                raise InvalidAnswers("A choice stands twice.", item.id)
            if not exclusive.isdisjoint(raw):
                raise InvalidAnswers("An option that rules out the others stands beside one.", item.id)
        return sorted(raw, key=places.__getitem__)

    return read


def _number_reader(item: Item) -> Callable[[object], _Value]:
    minimum, maximum = item.minimum, item.maximum
    if minimum is None or maximum is None:
        raise ValueError(f"The number item `{item.id}` has no bounds. Load questionnaires with `definitions.load`.")

    def read(raw: object) -> _Value:
        if not isinstance(raw, str) or not _INTEGER.fullmatch(raw):
            raise InvalidAnswers("A number is a whole number in plain decimal digits.", item.id)
        if not minimum <= int(raw) <= maximum:
            raise InvalidAnswers("The number is out of bounds.", item.id)
        return raw

    return read


def _text_reader(item: Item) -> Callable[[object], _Value]:
    max_length = item.max_length
    if max_length is None:
        raise ValueError(f"The text item `{item.id}` has no `max_length`. Load questionnaires with `definitions.load`.")

    def read(raw: object) -> _Value:
        if not isinstance(raw, str):
            raise InvalidAnswers("A text is a string.", item.id)
        if len(raw) > max_length:
            raise InvalidAnswers("The text is too long.", item.id)
        if _UNFIT.search(raw):
            raise InvalidAnswers("The text holds control characters or broken characters.", item.id)
        return raw

    return read


def longest_answer(questionnaire: Questionnaire, sha256_hex_length: int = 64) -> int:
    """Return an upper bound, in bytes, of ``{"questionnaire":"<hex>","answers":{…}}`` as compact UTF-8 JSON.

    Conditions are ignored: every item counts with its longest answer.
    """
    frame = len('{"questionnaire":"","answers":{}}') + sha256_hex_length
    members = [len(f'"{item.id}":') + _longest_value(item) for item in questionnaire.items]
    return frame + sum(members) + max(0, len(members) - 1)


def _longest_value(item: Item) -> int:
    """Return the bytes of the item's longest JSON value; codes are ASCII without anything to escape."""
    match item.kind:
        case "single":
            return max((len(f'"{option.code}"') for option in item.options), default=0)
        case "multiple":
            together = [f'"{option.code}"' for option in item.options if not option.exclusive]
            alone = [len(f'["{option.code}"]') for option in item.options if option.exclusive]
            return max(len(f"[{','.join(together)}]"), *alone, 0)
        case "number":
            return max(len(f'"{bound}"') for bound in (item.minimum, item.maximum))
        case "text":
            return len('""') + _BYTES_A_CODE_POINT * (item.max_length or 0)
