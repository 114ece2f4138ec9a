"""Long answers, written beside the event loop: ten thousand points take longer than a reading may wait.

return await written(lambda: History(…, points=[_point(point) for point in points]))
"""

import asyncio
from collections.abc import Callable

from fastapi import Response
from pydantic import BaseModel


async def written(answer: Callable[[], BaseModel]) -> Response:
    """What `answer` gives, as JSON; the model is made in the thread, too."""
    content = await asyncio.to_thread(lambda: answer().model_dump_json())
    return Response(content, media_type="application/json")
