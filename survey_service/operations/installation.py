"""One installation: its settings, its database, its keys. Wired here, once, and passed to every operation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from survey_service.custody import KeyDirectory, forbid_core_dumps
from survey_service.domain.audit_log import COMMAND_LINE, Actor
from survey_service.settings import Settings
from survey_service.spool import Spool
from survey_service.store.database import Database, address
from survey_service.team_key import TeamKey

DEMONSTRATION = "demonstration"  # a file beside the embedded database, where `survey-service demo` has built it


class Installation:
    """actor: on whose behalf operations act, for the audit log."""

    def __init__(self, settings: Settings, database: Database, actor: Actor = COMMAND_LINE) -> None:
        self.settings = settings
        self.database = database
        self.keys = KeyDirectory(settings.key_dir)
        self.team_key = TeamKey(settings)
        self.spool = Spool(settings.spool_dir)
        self.actor = actor

    @property
    def is_demonstration(self) -> bool:
        """Whether everything in here is invented, and is built anew at any time."""
        return self.settings.database_url is None and (self.settings.data_dir / DEMONSTRATION).exists()

    def acting_for(self, actor: Actor) -> "Installation":
        """The same installation, in the hands of `actor`."""
        return Installation(self.settings, self.database, actor)


@asynccontextmanager
async def opened(settings: Settings, *, clock_offset: timedelta = timedelta(0)) -> AsyncIterator[Installation]:
    """The installation that `settings` describe; its embedded database runs meanwhile."""
    forbid_core_dumps()  # before any key is made or read, and for the database server we start
    with address(settings) as database_address:
        database = Database(database_address, clock_offset=clock_offset)
        installation = Installation(settings, database)
        installation.keys.check()
        installation.team_key.check()
        try:
            yield installation
        finally:
            await database.close()
