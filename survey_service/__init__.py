"""An anonymous survey service: unlinkable responses, and results only as safe tables."""
