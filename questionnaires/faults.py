"""What is wrong with a questionnaire file: every fault at once, each with its place and its remedy."""

from msgspec import Struct


class Fault(Struct, frozen=True, kw_only=True):
    """One thing to put right.

    line: counted from 1, where the file is no TOML; path: such as ``items[12].options[3]``, counted from 0,
    where it is TOML but means nothing.
    """

    file: str
    message: str
    line: int | None = None
    path: str | None = None

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.message}" if self.path is None else f"{place}: {self.path}: {self.message}"


class DefinitionFaults(Exception):
    """A questionnaire cannot be used. ``str()`` lists all faults, one a line."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class FaultList:
    """Collects the faults of one file, in the order they are found."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []
        self._paths: set[str] = set()

    def add(self, path: str | None, message: str, line: int | None = None) -> None:
        self.found.append(Fault(file=self.file, message=message, line=line, path=path))
        if path is not None:
            self._paths.add(path)

    def concerns(self, path: str) -> bool:
        """Whether this very place is known to be faulty, so that no second fault follows from the first."""
        return path in self._paths
