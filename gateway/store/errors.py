"""What only the store raises."""

from gateway.errors import GatewayError


class StoreUnavailable(GatewayError):
    """The database cannot be reached, or is too slow.  The text never holds its password."""
