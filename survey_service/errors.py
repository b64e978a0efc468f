"""What the service refuses, and why.

A `Refusal` is an answer to a person: it says what is wrong and what to do about it, carries no code, serial, address
or answer, and becomes exit status 1 at the command line. Anything else that is raised is a bug or an outage.
"""


class Refusal(Exception):
    """A request that is not carried out; `remedy` says what would change that."""

    def __init__(self, reason: str, *, remedy: str = "") -> None:
        super().__init__(f"{reason} {remedy}".strip())
        self.reason = reason
        self.remedy = remedy


class UnknownRound(Refusal):
    def __init__(self, round_id: str) -> None:
        super().__init__(f"There is no round {round_id!r}.", remedy="`survey-service round list` shows all rounds.")


class UnknownSurvey(Refusal):
    def __init__(self, survey_id: str) -> None:
        super().__init__(f"There is no survey {survey_id!r}.", remedy="`survey-service survey list` shows all surveys.")


class WrongState(Refusal):
    """An operation asked of a round in a state that does not allow it."""

    def __init__(self, round_id: str, state: str, needed: str) -> None:
        super().__init__(f"Round {round_id!r} is {state}; this needs a round that is {needed}.")
        self.state = state


class Unavailable(Refusal):
    """A part the service stands on does not answer: nothing was changed, and trying again is safe."""
