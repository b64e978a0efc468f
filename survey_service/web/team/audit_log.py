"""The audit log, for whoever audits: the latest entries first, by person and by deed, and whole as a file."""

from collections.abc import Callable

from litestar import Response, Router, get
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from survey_service.domain.audit_log import AUDITED_DEEDS, COMMAND_LINE, FACTS, SCHEDULE, AuditEntry, AuditLog
from survey_service.exports import audit_log as exports
from survey_service.operations.read_audit_log import picked, read_audit_log
from survey_service.operations.read_results import read_overview
from survey_service.web.team import frame
from survey_service.web.team.door import LARGEST_FORM, guard, signed_in, team_of
from survey_service.web.team.frame import AnyRequest
from survey_service.web.team.wording import Wording, wording

ADDRESS = "/team/audit-log"
PAGE_SIZE = 50
_ROLES_OF_NOBODY = {COMMAND_LINE: "audit.command_line", SCHEDULE: "audit.schedule"}
_MEDIA_TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
_RENDER: dict[str, Callable[[AuditLog], bytes]] = {"json": exports.as_json, "csv": exports.as_csv}


class Line(Struct, frozen=True, kw_only=True):
    """An entry in words. facts: labels and values."""

    position: int
    at: str
    who: str
    deed: str
    facts: list[tuple[str, str]]


@get(ADDRESS, opt={"deed": "read-audit-log"}, guards=[guard])
async def show_audit_log(request: AnyRequest) -> Response[bytes]:
    installation, words = team_of(request).installation, wording(signed_in(request).language)
    asked = request.query_params
    log = await read_audit_log(installation)
    who, deed = asked.get("who", ""), asked.get("deed", "")
    found = picked(log, who=who, deed=deed)
    pages = max(1, -(-len(found) // PAGE_SIZE))
    number = min(max(_whole(asked.get("page", "")), 1), pages)
    shown = found[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]
    return frame.page(
        request,
        "team/audit_log.html",
        overview=await read_overview(installation),
        current="audit-log",
        lines=[line(entry, words) for entry in shown],
        people=[(each, _person(each, words)) for each in log.people],
        deeds=sorted(((each, words(f"audit.deed.{each}")) for each in AUDITED_DEEDS), key=lambda pair: pair[1]),
        who=who,
        deed=deed,
        found=len(found),
        count=len(log.entries),
        broken_at=log.broken_at,
        head=log.head,
        page_number=number,
        pages=pages,
    )


def line(entry: AuditEntry, words: Wording) -> Line:
    return Line(
        position=entry.position,
        at=words("audit.unreadable")
        if entry.at is None
        else words("audit.at", day=words.day(entry.at), time=words.time(entry.at)),
        who=_person(entry.who, words),
        deed=words(f"audit.deed.{entry.deed}") if entry.deed in AUDITED_DEEDS else entry.deed,
        facts=[
            (words(f"audit.fact.{name}") if name in FACTS else name, _value(name, value, words))
            for name, value in entry.facts.items()
        ],
    )


def _person(who: str, words: Wording) -> str:
    return words(_ROLES_OF_NOBODY[who]) if who in _ROLES_OF_NOBODY else who


def _value(name: str, value: object, words: Wording) -> str:
    if isinstance(value, bool):
        return words("audit.yes" if value else "audit.no")
    if name == "role":
        return words(f"roles.{value}")
    if name == "office":
        return words(f"survey.office.{value}")
    return str(value)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < len("1000000") else 1


def _download(form: str) -> HTTPRouteHandler:
    @get(f"{ADDRESS}.{form}", opt={"deed": "read-audit-log"}, guards=[guard])
    async def download(request: AnyRequest) -> Response[bytes]:
        log = await read_audit_log(team_of(request).installation)
        headers = {
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="audit-log.{form}"',
            **frame.HEADERS,
        }
        return Response(_RENDER[form](log), media_type=_MEDIA_TYPES[form], headers=headers)

    return download


router = Router(
    path="/",
    route_handlers=[show_audit_log, *map(_download, _RENDER)],
    request_max_body_size=LARGEST_FORM,
    include_in_schema=False,
    exception_handlers=frame.REFUSALS,
)
