"""Faults under load, with real processes: what was acknowledged stays, and the service comes back by itself."""
