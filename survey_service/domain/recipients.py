"""A list of addresses, as the city hands it in: read line by line, every fault named, no address ever repeated in one."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from survey_service.errors import Refusal

LARGEST_LIST = 900_000  # bytes; about 25,000 addresses, and below what a web form would write to a temporary file
LONGEST_ADDRESS = 254  # characters; RFC 5321 section 4.5.3.1.3
MOST_FAULTS = 50  # told at once
COLUMNS = ("email", "e-mail", "mail", "address", "adresse")
_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
)

FaultKind = Literal["no_address", "twice", "too_many", "no_text", "empty", "too_large"]
WORDS: dict[FaultKind, str] = {
    "no_address": "no e-mail address (letters, digits and signs of ASCII, as name@example.org)",
    "twice": "an address that stands above already",
    "too_many": "more faults follow",
    "no_text": "this is no text in UTF-8",
    "empty": "there is no address in it",
    "too_large": f"it is larger than {LARGEST_LIST // 1000} kB",
}


class Fault(Struct, frozen=True, kw_only=True):
    """line: from 1, of the file."""

    line: int
    kind: FaultKind


class UnusableRecipients(Refusal):
    """A list with faults; never quotes an address, since refusals are shown and logged."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  line {fault.line}: {WORDS[fault.kind]}" for fault in self.faults)
        super().__init__(
            f"The list of addresses cannot be used:\n{lines}\n",
            remedy="Mend these: one address a line, or a CSV file with a column `email`. Nothing was kept.",
        )


def read_recipients(content: bytes) -> list[str]:
    """The addresses, in lower case where that cannot change them: the domain.

    Raises: UnusableRecipients.
    """
    if len(content) > LARGEST_LIST:
        raise UnusableRecipients([Fault(line=1, kind="too_large")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableRecipients([Fault(line=content[: error.start].count(b"\n") + 1, kind="no_text")]) from None
    addresses: dict[str, str] = {}
    faults = []
    for line, entry in _entries(text):
        if not _ADDRESS.fullmatch(entry) or len(entry) > LONGEST_ADDRESS:
            faults.append(Fault(line=line, kind="no_address"))
        elif entry.lower() in addresses:
            faults.append(Fault(line=line, kind="twice"))
        else:
            local, _, domain = entry.rpartition("@")
            addresses[entry.lower()] = f"{local}@{domain.lower()}"
    if len(faults) > MOST_FAULTS:
        faults = [*faults[:MOST_FAULTS], Fault(line=faults[MOST_FAULTS].line, kind="too_many")]
    if not faults and not addresses:
        faults = [Fault(line=1, kind="empty")]
    if faults:
        raise UnusableRecipients(faults)
    return list(addresses.values())


def _entries(text: str) -> Iterable[tuple[int, str]]:
    """Line and address of each filled line; the first line may name the column."""
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    column = 0
    for place, row in enumerate(reader):
        cells = [cell.strip() for cell in row]
        if place == 0 and (named := [index for index, cell in enumerate(cells) if cell.lower() in COLUMNS]):
            column = named[0]
        elif any(cells):
            yield reader.line_num, cells[column] if column < len(cells) else ""
