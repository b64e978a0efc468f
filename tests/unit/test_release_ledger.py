"""The chain of hashes over every release."""

from survey_service.domain.release_ledger import START, LedgerEntry, broken_at, next_head
from survey_service.domain.rounds import RoundId


def ledger(*documents: bytes) -> list[LedgerEntry]:
    entries, head = [], START
    for position, document in enumerate(documents, 1):
        head = next_head(head, document)
        entries.append(
            LedgerEntry(
                position=position,
                round_id=RoundId("backing-2026-1"),
                number=position,
                document=document,
                head=head,
                withdrawn=False,
            )
        )
    return entries


def test_a_ledger_as_it_was_written_continues_from_entry_to_entry() -> None:
    assert broken_at([]) is None
    assert broken_at(ledger(b"one", b"two", b"three")) is None


def test_a_changed_a_removed_an_added_and_an_exchanged_entry_break_it() -> None:
    one, two, three = ledger(b"one", b"two", b"three")
    (changed,) = ledger(b"another")

    assert broken_at([changed, two, three]) == 2
    assert broken_at([one, three]) == 2
    assert broken_at([two, three]) == 1
    assert broken_at([one, two, two, three]) == 3
    assert broken_at([two, one, three]) == 1
