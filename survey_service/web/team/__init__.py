"""The team's pages: signing in, surveys and rounds, results."""
