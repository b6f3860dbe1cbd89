"""Which statement gives a visitor the sight of something, within what this server's administrators may do.

A managed service has no superuser: its administrators cannot exempt a role from row-level security, cannot ALTER
SYSTEM, and some keep extensions in a schema of their own.
"""

from collections.abc import Sequence

from pgclinic.model.services import OWN_SERVER
from pgclinic.probes.capabilities import Capabilities
from pgclinic.sql import quote


def monitor(capabilities: Capabilities) -> str:
    """Sees settings, sessions and everybody's statements."""
    return f"grant pg_monitor to {quote.identifier(capabilities.visitor)}"


def exempt(capabilities: Capabilities, owners: Sequence[str]) -> str:
    """Sees tables in spite of row-level security; on a service only their owners do."""
    visitor = quote.identifier(capabilities.visitor)
    if capabilities.service is None:
        return f"alter role {visitor} bypassrls"
    return f"grant {', '.join(map(quote.identifier, owners))} to {visitor}"


def extension(capabilities: Capabilities, name: str) -> str:
    """Makes an extension that is not there."""
    service = capabilities.service
    schema = service.extension_schema if service and service.extension_schema in capabilities.schemas else ""
    return f"create extension {quote.identifier(name)}{f' schema {quote.identifier(schema)}' if schema else ''}"


def place_of_settings(capabilities: Capabilities) -> str:
    """Where settings of the whole server are changed, as a sentence's end."""
    return (capabilities.service or OWN_SERVER).settings_place
