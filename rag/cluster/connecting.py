"""The one place where Ray is imported: a cluster is joined, or started on this machine alone."""

from __future__ import annotations

import os
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import ConfigError, FootnoteError

if TYPE_CHECKING:
    from collections.abc import Callable

_LOCAL = re.compile(r"local(?::([1-9]\d{0,3}))?")
_ADDRESS = re.compile(r"(?!local:)[^\s:/]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")

_OBJECTS_BYTES = 200_000_000
"""Memory for what workers of a cluster of our own hand one another: pages of papers and vectors, a few at a time."""

_guard = threading.Lock()
_joined: list[str] = []


def connect(address: str) -> Any:
    """The module `ray`, connected to the cluster at `address`: `host:port`, or `local` (`local:4`) for worker processes of this machine.

    A process joins one cluster. ConfigError where Ray is not installed, where nobody answers, and for another address.
    """
    local = _LOCAL.fullmatch(address)
    if local is None and not _ADDRESS.fullmatch(address):
        raise ConfigError(f"the address of a Ray cluster is {address!r}; write host:port, or local for the processors of this machine")
    # Nothing is told to anybody, and what is started here listens on the loopback alone.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    if local is not None:
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
        # Ray lets workers stand back behind everything else on the machine; here somebody waits for them.
        os.environ.setdefault("RAY_worker_niceness", "0")
    try:
        import ray
    except ImportError as error:
        raise ConfigError("a Ray cluster needs the extra `ray`; run `pip install 'footnote[ray]'`") from error
    with _guard:
        if ray.is_initialized():
            if address not in _joined:
                raise ConfigError(f"this process works on another Ray cluster already ({', '.join(_joined)}), not on {address!r}")
            return ray
        quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR", "namespace": "footnote"}
        try:
            if local is not None:
                cores = int(local[1] or os.cpu_count() or 1)
                ray.init(num_cpus=cores, include_dashboard=False, object_store_memory=_OBJECTS_BYTES, **quiet)
            else:
                ray.init(address=address, **quiet)
        except (ConnectionError, RuntimeError, ValueError) as error:
            said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ConfigError(f"no Ray cluster at {address!r} ({said}); start one with `ray start --head`, or use local") from error
        _joined[:] = [address, ray.get_runtime_context().gcs_address]
        return ray


def disconnect() -> None:
    """Leave the cluster; one of this machine's own ends."""
    import ray

    with _guard:
        _joined.clear()
        ray.shutdown()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call in another process: a value, or an error of ours or the system's, which Ray would wrap in a trace."""

    value: Any = None
    error: Exception | None = None

    def get(self) -> Any:
        """The value; raises the error."""
        if self.error is not None:
            raise self.error
        return self.value


def outcome(call: Callable[..., Any], *given: Any, **named: Any) -> Outcome:
    """Call, and keep what is raised on purpose, or by the system."""
    try:
        return Outcome(call(*given, **named))
    except (FootnoteError, OSError) as error:
        return Outcome(error=error)
