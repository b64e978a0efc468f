"""HEAD wherever GET answers: the same headers, nothing after them (RFC 9110 section 9.3.2)."""

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import HTTPScope, LifeSpanReceive, LifeSpanScope, LifeSpanSend, Message, Receive, Scope, Send


class AnswersHead(Litestar):
    """The framework would ask for a handler of its own for each address; here the answer to GET is cut off."""

    async def __call__(
        self, scope: Scope | LifeSpanScope, receive: Receive | LifeSpanReceive, send: Send | LifeSpanSend
    ) -> None:
        if scope["type"] == ScopeType.HTTP:
            await self._answer(scope, receive, send)  # type: ignore[arg-type]
        else:
            await super().__call__(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        is_head = scope["method"] == "HEAD"
        if is_head:
            scope = {**scope, "method": "GET"}

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [_with_head(*header) for header in message["headers"]]}
            elif message["type"] == "http.response.body" and is_head:
                message = {**message, "body": b""}
            await send(message)

        await super().__call__(scope, receive, send_head)


def _with_head(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    methods = value.split(b", ")
    if name.lower() != b"allow" or b"GET" not in methods:
        return name, value
    return name, b", ".join([b"GET", b"HEAD", *(method for method in methods if method != b"GET")])
