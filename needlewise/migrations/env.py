"""Alembic's entry: runs on the connection it is given, inside that caller's transaction."""

from alembic import context

import needlewise.composition  # noqa: F401  (imports every models module)
from needlewise.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
context.run_migrations()
