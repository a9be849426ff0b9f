"""What only the store raises, and never with a secret in its text."""

from gateway.errors import GatewayError


class StoreUnavailable(GatewayError):
    """The database cannot be reached, is too slow, or is damaged."""


class QueryFailed(Exception):
    """A bug of ours: the database does not take that statement.

    In place of the driver's exception, whose text and cause quote the values of the failing row.
    """
