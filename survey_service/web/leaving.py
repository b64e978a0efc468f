"""How a process leaves when it is told to: first its readiness says so, then it finishes what it has begun."""

import asyncio
import signal
from types import FrameType

from litestar import Litestar


def leave_in_two_steps(app: Litestar, *, seconds: int) -> None:
    """From SIGTERM on, for `seconds`, the process answers as before while `/health/ready` says 503.

    So a proxy has the time to send people elsewhere before the door closes. A second SIGTERM closes it at once, as
    Ctrl-C does. To be called in the event loop, after the server has set its own handler.
    """
    close = signal.getsignal(signal.SIGTERM)
    loop = asyncio.get_running_loop()
    app.state["is_leaving"] = False

    def leave(number: int, frame: FrameType | None) -> None:
        if not callable(close):
            return
        if app.state["is_leaving"]:
            close(number, frame)
        app.state["is_leaving"] = True
        loop.call_soon_threadsafe(loop.call_later, seconds, close, number, None)

    signal.signal(signal.SIGTERM, leave)
