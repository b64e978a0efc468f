"""Wires the web service: settings to installation to handlers."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin

from survey_service.domain.failed_codes import FailedCodes
from survey_service.logs import log_events
from survey_service.operations.end_tasks import end_tasks
from survey_service.operations.installation import opened
from survey_service.operations.read_site import read_site
from survey_service.operations.redeem_invitation import Signers
from survey_service.operations.run_mail import run_mail
from survey_service.operations.run_schedule import run_schedule
from survey_service.settings import Settings
from survey_service.web import assets, health, problems
from survey_service.web.appearance import appearance
from survey_service.web.head_requests import AnswersHead
from survey_service.web.leaving import leave_in_two_steps
from survey_service.web.metrics import MetricsBeside
from survey_service.web.participant import api, pages
from survey_service.web.participant import results as overviews
from survey_service.web.team import (
    account,
    accounts,
    audit_log,
    calendar,
    comments,
    confirmation,
    door,
    downloads,
    draft_publication,
    draft_steps,
    draft_units,
    drafts,
    home,
    measures,
    moves,
    municipalities,
    own_set_up,
    planning,
    questionnaires,
    results,
    review,
    rounds,
    second_factor,
    surveys,
    trustees,
    units,
    unsealing,
)
from survey_service.web.team import pages as team_pages


def create_app(settings: Settings, *, clock_offset: timedelta = timedelta(0)) -> Litestar:
    """The web service on one installation."""

    @asynccontextmanager
    async def lifespan(app: Litestar) -> AsyncIterator[None]:
        # As many threads as cores: signing is the one thing here that needs a core to itself.
        with ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="signer") as signing:
            async with opened(settings, clock_offset=clock_offset) as installation:
                app.state["installation"] = installation
                participants = api.Participants(
                    installation.database, Signers(installation.keys, signing), FailedCodes(time.monotonic)
                )
                app.state["participants"] = participants
                app.state["overviews"] = overviews.Overviews(installation, app.state["site"])
                app.state["pages"] = pages.Pages(app.state["site"], participants.rounds)
                team = door.Team(installation)
                app.state["team"] = team
                running = [asyncio.create_task(run(installation)) for run in (run_schedule, run_mail)]
                yield
                await team.leave()
                await end_tasks(running)

    app = AnswersHead(
        route_handlers=[
            api.router,
            *pages.HANDLERS,
            *overviews.HANDLERS,
            team_pages.router,
            second_factor.router,
            own_set_up.router,
            account.router,
            accounts.router,
            confirmation.router,
            audit_log.router,
            home.router,
            calendar.router,
            calendar.feed,
            rounds.router,
            moves.router,
            planning.router,
            review.router,
            comments.router,
            unsealing.router,
            results.router,
            measures.router,
            municipalities.router,
            units.router,
            downloads.router,
            trustees.router,
            surveys.router,
            drafts.router,
            draft_units.router,
            draft_publication.router,
            draft_steps.router,
            questionnaires.router,
            assets.static_file,
            health.live,
            health.ready,
        ],
        state=State({"site": appearance(read_site(settings.site_file))}),
        lifespan=[lifespan],
        exception_handlers=problems.HANDLERS,
        response_headers=problems.SECURITY_HEADERS,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Survey service",
            version="1",
            openapi_router=Router(
                path="/schema",
                route_handlers=[],
                include_in_schema=False,
                after_request=problems.answer_missing_page,
            ),
            # The other renderers load scripts from elsewhere; no page of this service does.
            render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],
        ),
    )
    app.state["team_pages"] = door.TeamPages(app.routes)
    return app


def served() -> MetricsBeside:
    """The web service of the environment's settings, for a worker process."""
    settings = Settings.read()
    log_events(settings.log_format)
    app = create_app(settings)
    app.on_startup.append(partial(leave_in_two_steps, seconds=settings.leave_seconds))
    return MetricsBeside(app, settings.metrics_door)
