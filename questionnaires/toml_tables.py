"""TOML files and their tables, read without stopping at the first fault."""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from questionnaires.faults import FaultList

_LINE = re.compile(r"\(at line (\d+), column \d+\)")

Table = dict[str, Any]


def read_toml(path: Path, faults: FaultList) -> Table | None:
    """Return the file's top table, or None after noting why it cannot be read."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        faults.add(None, f"The file cannot be read ({error.strerror}). Check its name and its permissions.")
        return None
    except UnicodeDecodeError as error:
        # The decoder counts bytes; people count lines.
        line = error.object[: error.start].count(b"\n") + 1
        faults.add(None, "The file is not UTF-8. Save it as UTF-8.", line=line)
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        faults.add(None, f"This is not TOML: {_LINE.sub('', str(error)).strip()}.", line=line)
        return None


class TableReader:
    """Takes values out of one table; what is missing, of the wrong kind or left over becomes a fault.

    Every method returns a value of its type even after a fault ("" or an empty tuple), so that reading goes on.
    """

    def __init__(self, table: Table, path: str, faults: FaultList) -> None:
        self._table = table
        self._path = path
        self._faults = faults
        self._asked: set[str] = set()

    def place(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key

    def fault(self, key: str, message: str) -> None:
        self._faults.add(self.place(key), message)

    def value(self, key: str) -> Any:
        self._asked.add(key)
        return self._table.get(key)

    def text(self, key: str) -> str:
        """Return a wording that must be there and must not be blank."""
        value = self.value(key)
        if value is None:
            self.fault(key, f"`{key}` is missing. Add it.")
        elif not isinstance(value, str):
            self.fault(key, f"`{key}` must be text in quotation marks.")
        elif not value.strip():
            self.fault(key, f"`{key}` is empty. Write the wording.")
        else:
            return value.strip()
        return ""

    def optional_text(self, key: str) -> str:
        """Return "" where the key is absent; a present one must not be blank."""
        return self.text(key) if self.value(key) is not None else ""

    def choice(self, key: str, allowed: tuple[str, ...]) -> str:
        value = self.text(key)
        if value and value not in allowed:
            self.fault(key, f"`{value}` is not possible here. Choose one of: {', '.join(allowed)}.")
        return value if value in allowed else ""

    def flag(self, key: str) -> bool:
        value = self.value(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.fault(key, f"`{key}` must be true or false, without quotation marks.")
        return False

    def integer(self, key: str) -> int | None:
        value = self.value(key)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.fault(key, f"`{key}` must be a whole number without quotation marks.")
        return None

    def number(self, key: str, default: float) -> float:
        value = self.value(key)
        if value is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self.fault(key, f"`{key}` must be a number without quotation marks.")
        return default

    def names(self, key: str) -> tuple[str, ...]:
        """Return a list of ids; an absent key is an empty list."""
        value = self.value(key)
        if value is None:
            return ()
        if isinstance(value, list) and all(isinstance(name, str) for name in value):
            return tuple(value)
        self.fault(key, f'`{key}` must be a list of ids, such as ["first", "second"].')
        return ()

    def tables(self, key: str) -> Iterator["TableReader"]:
        """Yield a reader for each table of a list; an absent key is an empty list."""
        value = self.value(key)
        if value is None:
            return
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            self.fault(key, f"`{key}` must be a list of tables.")
            return
        for number, table in enumerate(value):
            reader = TableReader(table, f"{self.place(key)}[{number}]", self._faults)
            yield reader
            reader.refuse_the_rest()

    def refuse_the_rest(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._table:
            if key not in self._asked:
                close = difflib.get_close_matches(key, sorted(self._asked), n=1)
                remedy = f"Did you mean `{close[0]}`?" if close else "Remove it."
                self.fault(key, f"`{key}` is not known here. {remedy}")
