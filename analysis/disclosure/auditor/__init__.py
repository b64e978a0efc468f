"""The auditor of a release: what an attacker can work out of everything published, and whether that is little enough.

It shares no code with what chooses the hidden cells, so that one mistake cannot hide in both.
"""

from analysis.disclosure.auditor.attacker import DoNotAddUp
from analysis.disclosure.auditor.audit import audit_tables
from analysis.disclosure.auditor.mutations import ComplementaryCells, redundant_cells
from analysis.disclosure.auditor.report import AuditReport, Discovery, Failure, Interval, Remainder, Requirement

__all__ = [
    "AuditReport",
    "ComplementaryCells",
    "Discovery",
    "DoNotAddUp",
    "Failure",
    "Interval",
    "Remainder",
    "Requirement",
    "audit_tables",
    "redundant_cells",
]
