"""`survey-service linkage-test`: the attack on ourselves, with planted leaks as positive control."""

import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import click
import msgspec

from survey_service.attack.leaks import LEAKS, plant
from survey_service.attack.linkage import PEOPLE, TRIALS, Finding, phases, scratch, seize
from survey_service.attack.own import search_own
from survey_service.attack.report import Report, render
from survey_service.cli.command import Answer, FileInTheWay, command
from survey_service.operations.installation import Installation


def register(main: click.Group) -> None:
    main.add_command(linkage_test)


@command(click.Group(), "linkage-test", example="survey-service linkage-test --report attack.html")
@click.option("--trials", type=click.IntRange(min=1), default=TRIALS, show_default=True, help="How many rounds.")
@click.option("--people", type=click.IntRange(20, 200), default=PEOPLE, show_default=True, help="In each of them.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as an HTML page.")
@click.option("--language", type=click.Choice(["de", "en"]), default="de", show_default=True, help="Of the report.")
async def linkage_test(
    installation: Installation, trials: int, people: int, report: Path | None, language: str
) -> Answer:
    """Try to link answers to people: rounds of invented people in a scratch database, and this installation's keys.

    Four phases: during a round, after the unsealing, with a backup from before the close, and with the log of the mail
    server. Then the same attack meets planted leaks, each of which it has to find. Nothing of this installation is changed.
    """
    with click.progressbar(length=2 * trials + 5 + len(LEAKS), label="Attacking", file=sys.stderr) as progress:
        own = await search_own(installation)
        progress.update(1)
        async with scratch() as place:
            seized = await seize(place, rounds=trials, people=people, on_progress=lambda _: progress.update(1))
        attacked = phases(seized)
        progress.update(len(attacked))
        caught = []
        async with scratch() as place:  # another: what a leak writes must not come near the rounds above
            for name in LEAKS:
                caught.append(await plant(place, name))
                progress.update(1)
    done = Report(
        made_on=datetime.now(UTC).date(),
        version=metadata.version("survey-service"),
        rounds=trials,
        people=people,
        own=own,
        phases=attacked,
        leaks=tuple(caught),
    )
    if report is not None:
        try:
            report.write_bytes(render(done, language))
        except OSError as error:
            raise FileInTheWay(report, error) from error
    return Answer(
        document=msgspec.to_builtins(done) | {"good": done.is_good},
        text="\n".join([*_lines(done), *([f"Report: {report}"] if report is not None else [])]),
        is_good=done.is_good,
    )


def _lines(done: Report) -> list[str]:
    lines = ["This installation", *(_found(finding) for finding in done.own)]
    for phase in done.phases:
        lines += [f"Phase: {phase.name}", *(_found(finding) for finding in phase.findings)]
        lines += [f"{'NO ' if v.is_caught else 'ok '} {name:29}{v}" for name, v in phase.verdicts.items()]
    lines.append("Planted leaks")
    lines += [f"{'ok ' if c.is_caught else 'NO '} {c.name:29}{', '.join(c.by) or 'overlooked'}" for c in done.leaks]
    lines.append(
        "Nothing found, and every planted leak caught." if done.is_good else "NOT GOOD: see the lines with NO."
    )
    return lines


def _found(finding: Finding) -> str:
    return f"{'ok ' if finding.is_clean else 'NO '} {finding.name:29}{finding.found} of {finding.tried}"
