"""The words of the team's pages: those of the results, and a file for each other part."""

import tomllib
from datetime import datetime
from functools import cache
from importlib import resources

from survey_service.domain.rounds import State
from survey_service.results import wording as results

HIDDEN = results.HIDDEN


class Wording(results.Wording):
    def state(
        self, state: State, *, opens_at: datetime, closes_at: datetime, now: datetime, per_cent: int | None
    ) -> str:
        """The state of a round as a sentence. per_cent: how many have taken part, in tens; None: not said."""
        facts = {"opens": self.date(opens_at), "closes": self.date(closes_at)}
        if state == "open" and closes_at <= now:
            return self("state.ending", **facts)
        if state == "scheduled" and opens_at <= now:
            return self("state.waiting")  # past its time, so something else holds it back
        if per_cent is None or state in ("scheduled", "lost"):
            return self(f"state.{state}", **facts)
        return self(f"state.{state}_with", participation=self.participation(per_cent), **facts)

    def participation(self, per_cent: int) -> str:
        """In tens of per cent, never finer."""
        if per_cent % 10:
            raise ValueError("participation is told in tens of per cent only")
        return self("participation.about", per_cent=per_cent) if per_cent else self("participation.none")


@cache
def wording(language: str) -> Wording:
    """Raises: KeyError for a language there are no words in."""
    known = results.language(language)
    words = dict(results.words(known))
    for file in resources.files("survey_service.web").joinpath("templates", "team", "wordings", language).iterdir():
        part = tomllib.loads(file.read_text(encoding="utf-8"))
        if twice := words.keys() & part.keys():
            raise ValueError(f"{file.name}: {', '.join(sorted(twice))} stands in another file, too")
        words |= part
    return Wording(known, words)
