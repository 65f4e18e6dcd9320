"""Starts and stops a supervised process, over supervisor's own socket."""

from __future__ import annotations

import http.client
import xmlrpc.client
from collections.abc import Mapping

from needlewise.training.errors import TrainingFailed

# Supervisor sets it for every process that it starts.
ADDRESS = "SUPERVISOR_SERVER_URL"
NOT_RUNNING, ALREADY_STARTED = 70, 60


class Supervisor:
    """The supervisor of this machine's processes."""

    def __init__(self, address: str) -> None:
        self._address = address

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Supervisor:
        """The one that started this process, if any did."""
        return cls(environment.get(ADDRESS, ""))

    def start(self, name: str) -> None:
        """Start a process and go on without waiting for it. Raises TrainingFailed."""
        self._call("startProcess", name, False, fine=ALREADY_STARTED)

    def stop(self, name: str) -> None:
        """Stop a process and wait until it is gone. Raises TrainingFailed."""
        self._call("stopProcess", name, True, fine=NOT_RUNNING)

    def _call(self, method: str, name: str, wait: bool, *, fine: int) -> None:
        if not self._address:
            raise TrainingFailed("no_supervisor")
        from supervisor.xmlrpc import SupervisorTransport

        transport = SupervisorTransport(None, None, self._address)
        try:
            with xmlrpc.client.ServerProxy("http://127.0.0.1", transport) as server:
                getattr(server.supervisor, method)(name, wait)
        except xmlrpc.client.Fault as error:
            if error.faultCode != fine:
                raise TrainingFailed("no_supervisor") from error
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            raise TrainingFailed("no_supervisor") from error
