"""Stripe's refusals: the status and the error object, in the words its API uses."""

from collections.abc import Mapping

_DOCS = "https://docs.stripe.com/error-codes/"


class StripeRefusedError(Exception):
    """The request is refused. `code` and `param` stand in the error object when there are any."""

    def __init__(
        self,
        status: int,
        *,
        message: str,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.body = error_object(message=message, kind=kind, code=code, param=param)


def error_object(
    *, message: str, kind: str = "invalid_request_error", code: str | None = None, param: str | None = None
) -> dict[str, Mapping[str, object]]:
    """The body of an error answer."""
    error: dict[str, object] = {}
    if code is not None:
        error |= {"code": code, "doc_url": _DOCS + code.replace("_", "-")}
    error["message"] = message
    if param is not None:
        error["param"] = param
    error["type"] = kind
    return {"error": error}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> StripeRefusedError:
    return StripeRefusedError(400, message=message, code=code, param=param)


def missing(param: str) -> StripeRefusedError:
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def unknown(names: frozenset[str]) -> StripeRefusedError:
    """Parameters the endpoint does not know."""
    first = min(names)
    words = f"Received unknown parameter: {first}"
    if len(names) > 1:
        words = f"Received unknown parameters: {', '.join(sorted(names))}"
    return invalid(words, param=first, code="parameter_unknown")


def no_such(noun: str, object_id: str, *, param: str = "id") -> StripeRefusedError:
    """404 when it is what the path names, 400 when a parameter names it."""
    return StripeRefusedError(
        404 if param == "id" else 400, message=f"No such {noun}: '{object_id}'", code="resource_missing", param=param
    )
