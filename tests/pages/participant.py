"""A round to answer in a browser, and a person who does."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, expect

from survey_service.domain.invitations import Invitation
from survey_service.domain.rounds import Round
from survey_service.operations.create_round import create_round
from survey_service.operations.create_survey import create_survey
from survey_service.operations.installation import Installation
from survey_service.operations.invite import invite

TITLE = "Streit in der Teeküche"

SURVEY = """
id = "{survey_id}"
title = {{ de = "Streit in der Teeküche", en = "Quarrels in the tea kitchen" }}
questionnaire = "tea.toml"
languages = ["de", "en"]
roster_size = 100
"""

QUESTIONNAIRE = """
id = "tea"
version = "1.0.0"
language = "de"
title = "Teeküche"
minutes = 2

[[answer_sets]]
id = "frequency"
options = [
    { code = "never", text = "Nie", value = 0, harmless = true },
    { code = "sometimes", text = "Manchmal", value = 1 },
    { code = "often", text = "Oft", value = 2 },
    { code = "prefer-not-to-say", text = "Möchte ich nicht sagen", missing = true },
]

[[sections]]
id = "kitchen"
title = "In der Teeküche"
note = "Es geht um Streit. Diesen Teil können Sie überspringen."

[[sections]]
id = "after"
title = "Danach"

[[sections]]
id = "cups"
title = "Tassen"

[[conditions]]
id = "quarrelled"
items = ["quarrel", "shouting"]
options = ["sometimes", "often"]

[[conditions]]
id = "milk"
items = ["reason"]
options = ["milk"]

[[blocks]]
id = "forms"
text = "Wie oft gab es das in den letzten 12 Monaten?"

[[items]]
id = "quarrel"
kind = "single"
section = "kitchen"
block = "forms"
text = "Jemand hat mit mir gestritten."
options = "frequency"

[[items]]
id = "shouting"
kind = "single"
section = "kitchen"
block = "forms"
text = "Jemand hat mich angeschrien."
options = "frequency"

[[items]]
id = "reason"
kind = "multiple"
section = "after"
text = "Worum ging es?"
hint = "Mehrere Antworten sind möglich."
show_if = ["quarrelled"]
options = [
    { code = "dishes", text = "Um das Geschirr" },
    { code = "milk", text = "Um die Milch" },
    { code = "unknown", text = "Das weiß ich nicht", exclusive = true },
]

[[items]]
id = "whose-milk"
kind = "single"
section = "after"
text = "Wessen Milch war es?"
show_if = ["milk"]
options = [{ code = "mine", text = "Meine" }, { code = "yours", text = "Deine" }]

[[items]]
id = "count"
kind = "number"
section = "cups"
text = "Wie viele Tassen am Tag?"
minimum = 0
maximum = 20

[[items]]
id = "comment"
kind = "text"
section = "cups"
text = "Was möchten Sie noch sagen?"
max_length = 100
"""

TRANSLATION = """
language = "en"
origin = "machine"
title = "Tea kitchen"

[answer_sets.frequency]
never = "Never"
sometimes = "Sometimes"
often = "Often"
prefer-not-to-say = "I prefer not to say"

[sections]
after = "Afterwards"
cups = "Cups"

[sections.kitchen]
title = "In the tea kitchen"
note = "This is about quarrels. You can skip this part."

[blocks]
forms = "How often did this happen in the last 12 months?"

[items]
quarrel = "Somebody quarrelled with me."
shouting = "Somebody shouted at me."
count = "How many cups a day?"
comment = "What else would you like to say?"

[items.reason]
text = "What was it about?"
hint = "Several answers are possible."
[items.reason.options]
dishes = "The dishes"
milk = "The milk"
unknown = "I do not know"

[items.whose-milk]
text = "Whose milk was it?"
[items.whose-milk.options]
mine = "Mine"
yours = "Yours"
"""

_numbers = count(1)


def open_round(directory: Path, codes: int) -> Callable[[Installation], Awaitable[tuple[Round, list[Invitation]]]]:
    """An operation that opens a round of a small questionnaire with every kind of question, and draws its codes."""
    survey_id = f"tea-{next(_numbers)}"

    async def operation(installation: Installation) -> tuple[Round, list[Invitation]]:
        for name, content in (
            ("tea.toml", QUESTIONNAIRE),
            ("tea.en.toml", TRANSLATION),
            (f"{survey_id}.toml", SURVEY.format(survey_id=survey_id)),
        ):
            await asyncio.to_thread((directory / name).write_text, content)
        await create_survey(installation, directory / f"{survey_id}.toml")
        found = await create_round(installation, survey_id)
        return found, await invite(installation, found.round_id, codes)

    return operation


class Participant:
    """Somebody with a browser. Every fault of a script and every refusal of the policy is kept."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type == "error" else None)
        self.page.on("request", lambda request: self.requests.append(request.url))

    def open(self, address: str, heading: str = TITLE) -> None:
        self.page.goto(address)
        self.sees(heading)

    def open_list(self, address: str, heading: str, round_id: str) -> None:
        """A page with a list of rounds, which may be some seconds old."""
        self.open(address, heading)
        for _ in range(100):
            if round_id in self.page.content():
                return
            self.page.wait_for_timeout(100)
            self.page.reload()
        raise AssertionError(f"{address} does not list {round_id}")

    def sees(self, heading: str) -> None:
        expect(self.page.locator("h1:visible")).to_have_text(heading, use_inner_text=True)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).first.click()

    def choose(self, question: str, *answers: str) -> None:
        group = self.page.get_by_role("group", name=question)
        for answer in answers:
            group.get_by_label(answer, exact=True).check()

    def begin(self) -> None:
        self.press("Befragung beginnen")
        self.sees("In der Teeküche")
        self.press("Weiter zu den Fragen")

    def answer_all(self) -> None:
        """From the first screen to the last check."""
        self.begin()
        self.choose("Jemand hat mit mir gestritten.", "Oft")
        self.press("Weiter")
        self.sees("Danach")
        self.choose("Worum ging es?", "Um die Milch")
        self.choose("Wessen Milch war es?", "Deine")
        self.press("Weiter")
        self.page.get_by_label("Wie viele Tassen am Tag?").fill("3")
        self.press("Weiter")
        self.sees("Ihre Antworten prüfen")

    def send(self) -> str:
        """Returns: the receipt."""
        self.press("Antworten absenden")
        self.sees("Danke. Ihre Antwort liegt in der Urne.")
        return self.page.locator("#receipt").inner_text()
