"""How near each part is to its limit. Figures of one machine compare within a run, never across machines."""
