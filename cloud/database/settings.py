"""[registry]: where the registry is kept, and the city file."""

from pathlib import Path

from pydantic import field_validator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from runtime.settings import Settings, beside


class RegistrySettings(Settings):
    """Where the registry is kept, and the city file that it is loaded from."""

    url: str = "sqlite:///registry.db"
    city: Path = Path("city.toml")

    @field_validator("url")
    @classmethod
    def _url_is_a_database(cls, text: str) -> str:
        try:
            make_url(text).get_dialect().import_dbapi()
        except (ArgumentError, ModuleNotFoundError) as error:
            raise ValueError(f'{error}; write an SQLAlchemy address such as "sqlite:///registry.db"') from None
        return text

    def beside(self, file: Path) -> "RegistrySettings":
        """The same with the paths that `file` means."""
        url = make_url(self.url)
        if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
            url = url.set(database=str(beside(file, Path(str(url.database)))))
        text = url.render_as_string(hide_password=False)
        return self.model_copy(update={"url": text, "city": beside(file, self.city)})
