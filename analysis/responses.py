"""Coded answers of a round: one array for each item."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from questionnaires.model import Condition, Item, Questionnaire

Column = NDArray[np.int16] | NDArray[np.uint8] | NDArray[np.float64]
Answers = Mapping[str, str | Sequence[str]]

SKIPPED = 0  # in the column of a single choice


class Responses:
    """What a round's respondents answered, in no order that means anything.

    Raises ValueError where a column has another shape than its item and `size` ask for.

    questionnaire: what was asked.
    size: number of respondents.
    columns: by item id, for every item but texts. Single choice: int16, shape (size,), 0 = skipped, i = the i-th
        option, counted from 1. Multiple choice: uint8, shape (size, options), 1 = ticked, a row of zeros = skipped.
        Number: float64, shape (size,), NaN = skipped.
    """

    def __init__(self, questionnaire: Questionnaire, size: int, columns: Mapping[str, Column]) -> None:
        self.questionnaire = questionnaire
        self.size = size
        self.columns = dict(columns)
        for item in coded_items(questionnaire):
            if self.columns[item.id].shape != shape(item, size):
                raise ValueError(f"the column of {item.id} has shape {self.columns[item.id].shape}")

    @classmethod
    def from_answers(cls, questionnaire: Questionnaire, answers: Sequence[Answers]) -> "Responses":
        """Codes checked answers: item id to option code, option codes, or decimal."""
        return cls(
            questionnaire,
            len(answers),
            {item.id: _coded(item, [given.get(item.id) for given in answers]) for item in coded_items(questionnaire)},
        )

    def answered(self, item: Item) -> NDArray[np.bool_]:
        """Who gave `item` any code, missing codes too: bool, shape (size,)."""
        column = self.columns[item.id]
        if item.kind == "number":
            return ~np.isnan(column)
        return np.asarray(column.any(axis=1) if item.kind == "multiple" else column != SKIPPED)

    def chose(self, item: Item, code: str) -> NDArray[np.bool_]:
        """Who chose the option `code` of `item`: bool, shape (size,)."""
        index = [option.code for option in item.options].index(code)
        column = self.columns[item.id]
        return np.asarray(column[:, index] == 1 if item.kind == "multiple" else column == index + 1)

    def valid(self, item: Item) -> NDArray[np.bool_]:
        """Who answered `item` with anything but a missing code: bool, shape (size,)."""
        valid = self.answered(item)
        for option in item.options:
            if option.missing:
                valid = valid & ~self.chose(item, option.code)
        return valid

    def shown(self, item: Item) -> NDArray[np.bool_]:
        """Whom the conditions showed `item`: bool, shape (size,). Answers to items not shown were dropped before."""
        shown = np.ones(self.size, dtype=np.bool_)
        for condition in self.questionnaire.conditions:
            if condition.id in item.show_if:
                shown &= self.holds(condition)
        return shown

    def holds(self, condition: Condition) -> NDArray[np.bool_]:
        """Who chose any of the condition's options in any of its items: bool, shape (size,)."""
        holds = np.zeros(self.size, dtype=np.bool_)
        for item in self.questionnaire.items:
            if item.id in condition.items:
                for option in item.options:
                    if option.code in condition.options:
                        holds |= self.chose(item, option.code)
        return holds


def coded_items(questionnaire: Questionnaire) -> tuple[Item, ...]:
    """The items that have a column: all but texts, which are kept apart from answers."""
    return tuple(item for item in questionnaire.items if item.kind != "text")


def shape(item: Item, size: int) -> tuple[int, ...]:
    """The shape of the item's column for `size` respondents."""
    return (size, len(item.options)) if item.kind == "multiple" else (size,)


def dtype(item: Item) -> str:
    """The numpy dtype of the item's column, little-endian."""
    return {"single": "<i2", "multiple": "|u1", "number": "<f8"}[item.kind]


def _coded(item: Item, given: Sequence[str | Sequence[str] | None]) -> Column:
    column = np.zeros(shape(item, len(given)), dtype=dtype(item))
    index = {option.code: number for number, option in enumerate(item.options)}
    if item.kind == "number":
        column[:] = np.nan
    for row, answer in enumerate(given):
        if answer is None:
            continue
        if item.kind == "number":
            column[row] = float(str(answer))
        elif isinstance(answer, str):
            column[row] = index[answer] + 1
        else:
            column[row, [index[code] for code in answer]] = 1
    return column
