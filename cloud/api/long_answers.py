"""Long answers, encoded beside the event loop: ten thousand points take longer than ingest may wait for the loop.

return await encoded(lambda: HistoryAnswer(…, points=points))
"""

import asyncio
from collections.abc import Callable

from fastapi import Response
from pydantic import BaseModel


async def encoded(answer: Callable[[], BaseModel]) -> Response:
    """Encode what `answer` gives as JSON in a thread; the model is made in the thread, too."""
    content = await asyncio.to_thread(lambda: answer().model_dump_json())
    return Response(content, media_type="application/json")
