"""The whole OpenAPI document, tried by schemathesis: what it promises is what comes back, also for wrong requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from .product import THOROUGH, Product, routes

# Requests to each operation of each kind in the short form.
EXAMPLES = 15 * THOROUGH
# Of schemathesis' checks those that fit: it cannot know that unknown fields are ignored and a text may be refused.
CHECKS: list[Callable[..., Any]] = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.ignored_auth,
]


def try_operation(operation: Any, mode: GenerationMode, token: str) -> None:
    """Requests that the document allows, or forbids, to one operation; with and without a visitor's token."""

    # Nobody plays Rasa for the readiness check: 503 is its documented answer.
    wanted = CHECKS[1:] if operation.path == "/health/ready" else CHECKS

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=[*HealthCheck]
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def one(case: Any, known: bool) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"} if known else {}, checks=wanted)

    one()


# The test client that schemathesis uses leaves its streams to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_operation_answers_as_the_document_says(
    product: Product, api: TestClient[Litestar], mode: GenerationMode
) -> None:
    schema = schemathesis.openapi.from_asgi("/api/schema/", product.public)
    tried = set()
    for result in schema.get_all_operations():
        operation = result.ok()
        takes_something = bool(operation.body) or any(True for _ in operation.iter_parameters())
        if takes_something or mode is GenerationMode.POSITIVE:
            try_operation(operation, mode, api.post("/api/chat/sessions").json()["token"])
        tried.add((operation.method.upper(), operation.path))
    assert tried == {
        (method, path) for method, path, handler in routes(product.public) if handler.resolve_include_in_schema()
    }
