"""What Alembic runs: the migrations, on the connection that it is handed."""

from alembic import context

from cloud.database.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table only by making it again
)
with context.begin_transaction():
    context.run_migrations()
