"""What a form sent, bounded before it is parsed:  Form({"reason": ("high water",)}).text("reason", most=200)."""

import asyncio
from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from cloud.console.frame.rejections import ActionRejected
from cloud.console.view_models.typed_number import whole_number

MOST_FIELDS = 1_000
"""Fields of one form; the guard has bounded its bytes."""
MOST_FILES, MOST_FIELDS_BESIDE, MOST_PART = 1, 20, 8_192
"""Of a form with a file: files, other fields, and bytes of each of these."""
_LONG_BYTES = 65_536  # what is longer holds nobody else up: it is parsed in a thread
CSRF = "csrf"
BACK = "back"


class Form(Mapping[str, tuple[str, ...]]):
    """The fields of a form, each with all its values, as text without blanks around it."""

    def __init__(
        self, fields: Mapping[str, tuple[str, ...]], files: Mapping[str, tuple[str, bytes]] | None = None
    ) -> None:
        self._fields, self._files = fields, files or {}

    def __getitem__(self, name: str) -> tuple[str, ...]:
        return self._fields[name]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def text(self, name: str, *, most: int = 500) -> str:
        """Return the first value of a field, cut to `most` characters; empty where there is none."""
        return self._fields.get(name, ("",))[0].strip()[:most]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return every value of a field: of boxes that share a name."""
        return self._fields.get(name, ())

    def file(self, name: str) -> bytes:
        """Return the content of a file that was chosen; empty where none was."""
        return self._files.get(name, ("", b""))[1]

    def file_name(self, name: str) -> str:
        """Return what a file that was chosen is called on its machine, without folders; empty where none was."""
        return self._files.get(name, ("", b""))[0].replace("\\", "/").rpartition("/")[2]

    def ticked(self, name: str) -> bool:
        """Tell whether a box is ticked."""
        return bool(self.text(name))

    def number(self, name: str) -> int | None:
        """Return a whole number of at most 18 digits; None where there is none."""
        return whole_number(self.text(name))


async def read_form(request: Request) -> Form:
    """Read a form, with files where it has a field for them; ActionRejected where it has too many fields or is none."""
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return await _read_with_files(request)
    body = await request.body()
    return _parsed(body) if len(body) <= _LONG_BYTES else await asyncio.to_thread(_parsed, body)


def _parsed(body: bytes) -> Form:
    try:
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise ActionRejected(f"the form has more than {MOST_FIELDS} fields; send fewer", status=413) from None
    return Form({name: tuple(values) for name, values in fields.items()})


async def _read_with_files(request: Request) -> Form:
    fields: dict[str, tuple[str, ...]] = {}
    files: dict[str, tuple[str, bytes]] = {}
    try:
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS_BESIDE, max_part_size=MOST_PART) as parts:
            for name, part in parts.multi_items():
                if isinstance(part, UploadFile):
                    files[name] = part.filename or "", await part.read()
                else:
                    fields[name] = (*fields.get(name, ()), part)
    except HTTPException as error:
        raise ActionRejected(str(error.detail), status=error.status_code) from None
    return Form(fields, files)
