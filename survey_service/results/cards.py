"""A card of the results page: what was asked, how many answered, a chart with its message, and its table."""

from collections.abc import Callable, Sequence

from msgspec import Struct

from analysis import Cell, Row, SafeTable
from questionnaires.model import Item, Scale
from survey_service.results.charts import Chart, Kind, Measured, chart
from survey_service.results.figures import Dimensions, Figure, Measure, Released, Share, measure, measure_of, share
from survey_service.results.findings import group_label
from survey_service.results.pictures import Picture
from survey_service.results.wording import HIDDEN, Wording

INTERVAL_COLUMNS = ("answer", "count", "share", "interval")
SHARE_COLUMNS = ("count", "share", "interval")
MEAN_COLUMNS = ("mean", "interval", "deviation")


class Table(Struct, frozen=True, kw_only=True):
    """columns: the first heads the rows. rows: cells as written."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Questions(Struct, frozen=True, kw_only=True):
    """What a scale sums up."""

    title: str
    texts: tuple[str, ...]


class Card(Struct, frozen=True, kw_only=True):
    """asked, base: sentences. chart, picture: None where a table says it better. questions: of each scale it shows."""

    id: str
    title: str
    asked: tuple[str, ...]
    base: str
    chart: Chart | None
    table: Table
    questions: tuple[Questions, ...] = ()
    picture: Picture | None = None


class Cards:
    """Makes cards from one release in one language."""

    def __init__(self, released: Released, words: Wording) -> None:
        self._released = released
        self._words = words

    def options(self, item: Item) -> Card:
        """A bar for each answer of one question."""
        table = self._table(item)
        (row,) = table.rows
        cells = {cell.option: cell for cell in row.cells}
        valid = [option for option in item.options if not option.missing]
        labels = {option.code: self._words.of(option.text) for option in valid}
        drawn = [self._cell(labels[o.code], cells.get(o.code), row.n) for o in valid]
        asked = (self._asked(self._words.of(item.text)), *self._several(item))
        return Card(
            id=item.id,
            title=self._at_least_once(item, row) or self._most(drawn, "most"),
            asked=asked,
            base=self._base(table, item),
            chart=chart("bar", self._words.of(item.text), drawn, self._words.whole_per_cent(1)),
            table=Table(
                columns=self._columns(*INTERVAL_COLUMNS),
                rows=tuple((labels[o.code], *self._cell_texts(cells.get(o.code))) for o in valid),
            ),
        )

    def block(self, items: Sequence[Item], stem: str) -> Card:
        """A bar for each of several questions with the same answers."""
        words, first = self._words, items[0]
        wanted = measure(first)
        if wanted is None:
            raise ValueError(f"no single share says {first.id}")
        drawn = [self._share(words.of(item.text), share(self._row(item), wanted)) for item in items]
        valid = [option for option in first.options if not option.missing]
        missing = [option for option in first.options if option.missing]
        columns = (
            *self._columns("figure", "n"),
            *(words.of(option.text) for option in valid),
            *(words.of(option.text) for option in missing),
            *self._columns("skipped", "not_asked"),
        )
        return Card(
            id=f"block-{first.id}",
            title=self._most(drawn, "most"),
            asked=(self._asked(stem), *self._measured(first, wanted)),
            base="",
            chart=chart("bar", stem, drawn, words.whole_per_cent(1)),
            table=Table(columns=columns, rows=tuple(self._block_texts(item) for item in items)),
        )

    def prevalences(self, scales: Sequence[Scale]) -> Card:
        """A bar for each prevalence scale."""
        words = self._words
        pairs = [(scale, wanted) for scale in scales if (wanted := measure(scale))]
        drawn = [self._share(words.of(scale.title), share(self._row(scale), wanted)) for scale, wanted in pairs]
        return Card(
            id=f"prevalence-{scales[0].id}",
            title=words("results.message", label=drawn[0].label, value=drawn[0].text),
            asked=(words("results.prevalence_asked"),),
            base="",
            chart=chart("bar", drawn[0].label, drawn, words.whole_per_cent(1)),
            table=Table(
                columns=self._columns("figure", "n", *SHARE_COLUMNS),
                rows=tuple((words.of(s.title), *self._share_texts(share(self._row(s), wanted))) for s, wanted in pairs),
            ),
            questions=tuple(self._questions(scale) for scale in scales),
        )

    def profile(self, scales: Sequence[Scale]) -> Card:
        """A dot for each mean score, from 0 to 100."""
        words = self._words
        drawn = [self._score(words.of(scale.title), self._row(scale)) for scale in scales]
        return Card(
            id="profile",
            title=self._most(drawn, "highest"),
            asked=(words("results.profile_asked"),),
            base="",
            chart=chart("dot", words("results.profile"), drawn, "100"),
            table=Table(
                columns=self._columns("figure", "n", *MEAN_COLUMNS),
                rows=tuple((words.of(scale.title), *self._score_texts(self._row(scale))) for scale in scales),
            ),
            questions=tuple(self._questions(scale) for scale in scales),
        )

    def cut(self, figure: Figure, cut: Dimensions) -> Card:
        """The groups of a cut below the whole round; without a chart where no single share says the figure."""
        table = self._released.table(figure, cut)
        if table is None:
            raise LookupError(f"{figure.id} by {', '.join(cut)}")
        words = self._words
        whole = self._released.whole(figure)
        label = words.of(figure.title) if isinstance(figure, Scale) else words.quoted(words.of(figure.text))
        wanted = measure_of(table, figure)
        if isinstance(figure, Scale) and figure.kind == "score":
            rows = [row for row in (whole, *table.rows) if row is not None]
            return self._cut(figure, cut, label, "dot", rows, self._score, MEAN_COLUMNS, self._score_texts)
        if wanted is not None:
            of_whole = measure(figure)
            shares = {row.groups: share(row, wanted) for row in table.rows}
            if whole is not None and of_whole is not None:
                shares[whole.groups] = share(whole, of_whole)
            rows = [row for row in (whole, *table.rows) if row is not None]
            return self._cut(
                figure,
                cut,
                label,
                "bar",
                rows,
                lambda name, row: self._share(name, shares[row.groups]),
                SHARE_COLUMNS,
                lambda row: (self._n(row), *self._share_texts(shares[row.groups])[1:]),
            )
        rows = [row for row in (whole, *table.rows) if row is not None]
        return self._cut_of_options(figure, cut, label, rows)

    def respondents(self, cut: Dimensions) -> Card | None:
        """How many of each group have answered; None where no table says it."""
        table = next((t for t in self._released.tables(cut) if t.kind == "respondents"), None)
        if table is None:
            return None
        words = self._words
        return Card(
            id=f"respondents-by-{'-and-'.join(cut)}",
            title=words("results.respondents_by", dimensions=self.cut_title(cut)),
            asked=(),
            base="",
            chart=None,
            table=Table(
                columns=self._columns("group", "n"),
                rows=tuple((self._label(cut, row, table.rows), self._n(row)) for row in table.rows),
            ),
        )

    def cut_title(self, cut: Dimensions) -> str:
        """By what the groups are made."""
        questions = [self._words.quoted(self._words.of(item.text)) for item in self._released.dimensions(cut)]
        return self._words("results.by_dimension", question=self._words.listed(questions))

    def _cut(
        self,
        figure: Figure,
        cut: Dimensions,
        label: str,
        kind: Kind,
        rows: Sequence[Row],
        draw: Callable[[str, Row], Measured],
        columns: tuple[str, ...],
        texts: Callable[[Row], tuple[str, ...]],
    ) -> Card:
        words, wanted = self._words, measure(figure)
        marked = [
            Measured(
                label=m.label, n=m.n, value=m.value, low=m.low, high=m.high, text=m.text, is_reference=not row.groups
            )
            for row in self._drawn(cut, rows)
            for m in [draw(group_label(self._released, cut, row, words), row)]
        ]
        asked = () if wanted is None or isinstance(figure, Scale) else self._measured(figure, wanted)
        groups = [m for m in marked if not m.is_reference]
        is_hidden = all(row.n is None for row in rows if row.groups)
        return Card(
            id=_cut_id(figure, cut),
            title=self._range(label, groups) if groups or is_hidden else label,
            asked=asked,
            base="",
            chart=chart(kind, label, marked, "100" if kind == "dot" else words.whole_per_cent(1)) if marked else None,
            table=Table(
                columns=self._columns("group", "n", *columns),
                rows=tuple((self._label(cut, row, rows), *texts(row)) for row in rows),
            ),
        )

    def _drawn(self, cut: Dimensions, rows: Sequence[Row]) -> list[Row]:
        """What a picture can hold: of a hierarchy its highest groups, of a crossing nothing."""
        if len(cut) > 1:
            return []
        (dimension,) = self._released.dimensions(cut)
        listed = {code for row in rows for code in row.groups}
        return [row for row in rows if not row.groups or not self._released.depth(dimension, row.groups[0], listed)]

    def _label(self, cut: Dimensions, row: Row, rows: Sequence[Row]) -> str:
        """A group's name, behind a dash for each group above it."""
        listed = {other.groups[0] for other in rows if other.groups}
        first = self._released.dimensions(cut)[0]
        depth = self._released.depth(first, row.groups[0], listed) if row.groups else 0
        return "\N{EN DASH} " * depth + group_label(self._released, cut, row, self._words)

    def _cut_of_options(self, figure: Figure, cut: Dimensions, label: str, rows: Sequence[Row]) -> Card:
        words = self._words
        valid = [] if isinstance(figure, Scale) else [option for option in figure.options if not option.missing]
        return Card(
            id=_cut_id(figure, cut),
            title=label,
            asked=() if isinstance(figure, Scale) else self._several(figure),
            base="",
            chart=None,
            table=Table(
                columns=(*self._columns("group", "n"), *(words.of(option.text) for option in valid)),
                rows=tuple(
                    (self._label(cut, row, rows), self._n(row), *self._shares(row, [o.code for o in valid]))
                    for row in rows
                ),
            ),
        )

    def _table(self, figure: Figure) -> SafeTable:
        table = self._released.table(figure)
        if table is None:
            raise LookupError(figure.id)
        return table

    def _row(self, figure: Figure) -> Row:
        return self._table(figure).rows[0]

    def _columns(self, *names: str) -> tuple[str, ...]:
        return tuple(self._words(f"column.{name}") for name in names)

    def _n(self, row: Row) -> str:
        return HIDDEN if row.n is None else self._words.whole(row.n)

    def _n_text(self, n: int | None) -> str:
        return self._words("n", n=HIDDEN if n is None else self._words.whole(n))

    def _cell(self, label: str, cell: Cell | None, n: int | None) -> Measured:
        if cell is None or cell.share is None:
            return self._hidden(label)
        return Measured(
            label=label,
            n=self._n_text(n),
            value=cell.share,
            low=cell.low,
            high=cell.high,
            text=self._words.per_cent(cell.share),
        )

    def _share(self, label: str, found: Share | None) -> Measured:
        if found is None:
            return self._hidden(label)
        low, high = found.interval()
        return Measured(
            label=label,
            n=self._n_text(found.n),
            value=found.share,
            low=low,
            high=high,
            text=self._words.per_cent(found.share),
        )

    def _score(self, label: str, row: Row) -> Measured:
        if row.score is None:
            return self._hidden(label)
        low, high = row.score.low, row.score.high
        return Measured(
            label=label,
            n=self._n_text(row.n),
            value=row.score.mean / 100,
            low=None if low is None else low / 100,
            high=None if high is None else high / 100,
            text=self._words.decimal(row.score.mean),
        )

    def _hidden(self, label: str) -> Measured:
        text = f"{HIDDEN} {self._words('results.hidden')}"
        return Measured(label=label, n=self._n_text(None), value=None, low=None, high=None, text=text)

    def _cell_texts(self, cell: Cell | None) -> tuple[str, ...]:
        if cell is None or cell.count is None or cell.share is None or cell.low is None or cell.high is None:
            return (HIDDEN,) * len(SHARE_COLUMNS)
        words = self._words
        return words.whole(cell.count), words.per_cent(cell.share), words.interval(cell.low, cell.high)

    def _share_texts(self, found: Share | None) -> tuple[str, ...]:
        """n, count, share, interval."""
        if found is None:
            return (HIDDEN,) * (1 + len(SHARE_COLUMNS))
        words = self._words
        return (
            words.whole(found.n),
            words.whole(found.count),
            words.per_cent(found.share),
            words.interval(*found.interval()),
        )

    def _score_texts(self, row: Row) -> tuple[str, ...]:
        words, score = self._words, row.score
        if score is None:
            return (HIDDEN,) * (1 + len(MEAN_COLUMNS))
        has_spread = score.low is not None and score.high is not None and score.standard_deviation is not None
        return (
            self._n(row),
            words.decimal(score.mean),
            words.score_interval(score.low or 0.0, score.high or 0.0) if has_spread else HIDDEN,
            words.decimal(score.standard_deviation or 0.0) if has_spread else HIDDEN,
        )

    def _shares(self, row: Row, options: Sequence[str]) -> tuple[str, ...]:
        cells = {cell.option: self._words.per_cent(cell.share) for cell in row.cells if cell.share is not None}
        return tuple(cells.get(option, HIDDEN) for option in options)

    def _block_texts(self, item: Item) -> tuple[str, ...]:
        table, words = self._table(item), self._words
        (row,) = table.rows
        valid = [option.code for option in item.options if not option.missing]
        missing = [option.code for option in item.options if option.missing]
        given = table.unanswered
        unanswered = (
            (HIDDEN,) * (len(missing) + 2)
            if given is None
            else (
                *(words.whole(given.missing.get(code, 0)) for code in missing),
                words.whole(given.skipped),
                words.whole(given.not_asked),
            )
        )
        return (words.of(item.text), self._n(row), *self._shares(row, valid), *unanswered)

    def _asked(self, text: str) -> str:
        return self._words("results.asked", text=text)

    def _questions(self, scale: Scale) -> Questions:
        asked = (item for item in self._released.questionnaire.items if item.id in scale.items)
        return Questions(title=self._words.of(scale.title), texts=tuple(self._words.of(item.text) for item in asked))

    def _several(self, item: Item) -> tuple[str, ...]:
        return (self._words("results.several"),) if item.kind == "multiple" else ()

    def _measured(self, item: Item, wanted: Measure) -> tuple[str, ...]:
        """Which share is shown, in a sentence."""
        if wanted.name == "top-two":
            first, second = (self._words.of(o.text) for o in item.options if o.code in wanted.options)
            return (self._words("results.top_two", first=first, second=second),)
        return (self._words("results.at_least_once" if wanted.name == "at-least-once" else "results.any_of"),)

    def _base(self, table: SafeTable, item: Item) -> str:
        words, given, n = self._words, table.unanswered, table.rows[0].n
        valid = [] if n is None else [words("results.valid", n=words.whole(n))]
        if given is None:
            return " ".join(valid)
        parts = [
            words("results.missing", n=words.whole(given.missing[o.code]), text=words.of(o.text))
            for o in item.options
            if given.missing.get(o.code)
        ]
        parts += [words("results.skipped", n=words.whole(given.skipped))] if given.skipped else []
        parts += [words("results.not_asked", n=words.whole(given.not_asked))] if given.not_asked else []
        return " ".join([*valid, *([words("results.unanswered", parts=words.listed(parts))] if parts else [])])

    def _at_least_once(self, item: Item, row: Row) -> str | None:
        """The message where one share says the question: who met it at all."""
        wanted = measure(item)
        found = share(row, wanted) if wanted is not None and wanted.name == "at-least-once" else None
        if found is None:
            return None
        return self._words("results.message_at_least_once", value=self._words.per_cent(found.share))

    def _most(self, drawn: Sequence[Measured], ranked: str) -> str:
        """The message of a chart: which of its rows is the longest."""
        words = self._words
        shown = [m for m in drawn if m.value is not None]
        if not shown:
            return words("results.all_hidden")
        first = max(shown, key=lambda m: m.value or 0.0)
        tied = [words.quoted(m.label) for m in shown if m.text == first.text]
        name = f"results.message_{ranked}" if len(tied) == 1 else f"results.message_{ranked}_tied"
        return words(name, label=words.listed(tied), value=first.text)

    def _range(self, label: str, drawn: Sequence[Measured]) -> str:
        """The message of a cut: from where to where its groups lie."""
        shown = sorted((m for m in drawn if m.value is not None), key=lambda m: m.value or 0.0)
        if not shown:
            return self._words("results.message_hidden", label=label)
        low, high = shown[0], shown[-1]
        if low.text == high.text:
            return self._words("results.message_same", label=label, low=low.text)
        return self._words(
            "results.message_range",
            label=label,
            low=low.text,
            low_group=low.label,
            high=high.text,
            high_group=high.label,
        )


def _cut_id(figure: Figure, cut: Dimensions) -> str:
    return f"{figure.id}-by-{'-and-'.join(cut)}"
