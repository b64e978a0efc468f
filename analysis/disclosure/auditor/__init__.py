"""The auditor of a release: what an attacker can work out of everything published, and whether that is little enough.

It shares no code with what chooses the hidden cells, so that one mistake cannot hide in both.
"""

from analysis.disclosure.auditor.attacker import DoNotAddUp
from analysis.disclosure.auditor.audit import audit_tables
from analysis.disclosure.auditor.report import AuditReport, Failure, Interval, Requirement

__all__ = ["AuditReport", "DoNotAddUp", "Failure", "Interval", "Requirement", "audit_tables"]
