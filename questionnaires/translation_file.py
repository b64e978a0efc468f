"""The files beside a questionnaire that hold its wordings in further languages."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from questionnaires.faults import Fault, FaultList
from questionnaires.model import Text
from questionnaires.toml_tables import Table, TableReader, read_toml

_HEAD = ("language", "origin")

# What a bare string stands for: `[items]` `threat = "…"` is the item's text.
_SHORT_FOR = {"items": "text", "sections": "title"}


class Translation:
    """One language's wordings by place, such as ``("items", "threat", "text")``."""

    def __init__(self, path: Path, language: str) -> None:
        self.language = language
        self.machine_made = False
        self._faults = FaultList(str(path))
        self._wordings: dict[tuple[str, ...], str] = {}
        self._used: set[tuple[str, ...]] = set()
        table = read_toml(path, self._faults)
        self._readable = table is not None
        if table is not None:
            self._read_head(table)
            rest = {key: value for key, value in table.items() if key not in _HEAD}
            self._wordings = dict(self._flatten(rest, ()))

    def _read_head(self, table: Table) -> None:
        reader = TableReader(table, "", self._faults)
        named = reader.text("language")
        if named and named != self.language:
            reader.fault("language", f"The file's name says `{self.language}`. Make the two agree.")
        self.machine_made = reader.choice("origin", ("person", "machine")) == "machine"

    def _flatten(self, value: object, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self._flatten(inner, (*key, name))
        elif not isinstance(value, str):
            self._faults.add(".".join(key), "A translation must be text in quotation marks.")
        elif not value.strip():
            self._faults.add(".".join(key), "The wording is empty. Write it.")
        else:
            bare = len(key) == 2 and key[0] in _SHORT_FOR  # noqa: PLR2004 -- a kind and an id
            yield (*key, _SHORT_FOR[key[0]]) if bare else key, value.strip()

    def wording(self, key: tuple[str, ...]) -> str:
        """Return the translation at `key`, or "" after noting that it is missing."""
        wording = self._wordings.get(key, "")
        path = ".".join(key)
        short = ".".join(key[:-1])
        known_faulty = not self._readable or self._faults.concerns(path) or self._faults.concerns(short)
        if not wording and not known_faulty:
            self._faults.add(path, f"This wording has no translation. Add it in `{self.language}`.")
        self._used.add(key)
        return wording

    def faults(self) -> list[Fault]:
        """Return all faults of the file; to be asked once every wording has been fetched."""
        for key in self._wordings:
            if key not in self._used:
                message = "The questionnaire has no wording at this place. Remove the translation."
                self._faults.add(".".join(key), message)
        return self._faults.found


class Wordings:
    """Puts together each wording in all languages."""

    def __init__(self, language: str, translations: Sequence[Translation]) -> None:
        self.language = language
        self._translations = translations

    def text(self, source: str, *key: str) -> Text:
        """Return the wording in every language; empty where the source has none or `key` names nothing."""
        if not source or not all(key):
            return {}
        text = {self.language: source}
        for translation in self._translations:
            text[translation.language] = translation.wording(key)
        return text


def translation_paths(source: Path) -> dict[str, Path]:
    """Return language tag -> file of all translations beside `source`: ``core.en.toml`` beside ``core.toml``."""
    start = f"{source.stem}."
    found = {
        path.name.removeprefix(start).removesuffix(".toml"): path
        for path in source.parent.glob("*.toml")
        if path.name.startswith(start) and path != source
    }
    return dict(sorted((language, path) for language, path in found.items() if "." not in language and language))
