"""The JSON schema of agent.toml: every key, in words, with its default."""

from dataclasses import fields
from typing import Any

from device_agent.sandbox.levels import LEVELS
from device_agent.sandbox.limits import Limits
from device_agent.settings import AgentSettings, Capacity, Ec2

Schema = dict[str, Any]

_LIMITS = {
    "memory_mb": "MB of memory that all processes of a session may take, work directory not included",
    "work_mb": "MB that a session may keep in its work directory",
    "processes": "processes and threads of a session together",
    "open_files": "files that one process of a session may have open",
    "cores": "share of the processor that a session may take, 1.0 is one core (needs cgroups)",
    "cpu_seconds": "seconds of processor time that one process of a session may take",
    "run_seconds": "seconds by the clock that one execution may take",
    "session_seconds": "seconds by the clock that a session may live",
    "output_mb": "MB that a session may print or display in all",
    "output_mb_per_second": "MB that a session may print or display in a second",
}


def _table(**properties: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _key(kind: str, description: str, default: object = None, **more: object) -> Schema:
    given = {} if default is None else {"default": default}
    return {"type": kind, "description": description, **given, **more}


def _positive(kind: str, description: str, default: object = None) -> Schema:
    return _key(kind, description, default, exclusiveMinimum=0)


def _limits() -> Schema:
    kinds = {int: "integer", float: "number"}
    return _table(
        **{
            limit.name: _positive(
                kinds[type(limit.default)], _LIMITS.get(limit.name, limit.name), limit.default
            )
            for limit in fields(Limits)
        }
    )


def _capacity() -> Schema:
    return _table(
        sessions=_positive("integer", "sessions at the same time, at most", Capacity.sessions),
        memory_mb=_positive(
            "integer", "MB of memory for all sessions together; without it, all of the host's"
        ),
        session_memory_mb=_positive(
            "integer", "MB that a session takes on average: so many fit", Capacity.session_memory_mb
        ),
        cores=_positive("number", "cores for all sessions together; without it, all of the host's"),
        sessions_per_core=_positive(
            "number",
            "sessions that share a core: most of them wait for their reader",
            Capacity.sessions_per_core,
        ),
        free_memory_mb=_key(
            "integer",
            "no session is taken while the host has less MB free than this",
            Capacity.free_memory_mb,
            minimum=0,
        ),
    )


_KERNELSPEC = {
    **_table(
        name=_key("string", "what sessions ask for it by", pattern="^[A-Za-z0-9._-]{1,64}$"),
        path=_key("string", "a kernelspec's directory, or the python of any conda or venv environment"),
    ),
    "required": ["name", "path"],
}

SCHEMA: Schema = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "title": "longwire-agent's agent.toml",
    **_table(
        url=_key(
            "string", "address of the service; without it, the one that the device enrolled with",
            pattern="^https?://[^/]+",
        ),
        state_dir=_key(
            "string", "where the device keeps its identity, logs and control socket",
            "~/.local/state/longwire-agent",
        ),
        work_dir=_key(
            "string", "where sessions have their directories; without it, the host's for temporary files"
        ),
        labels=_key(
            "array", "labels that the enrolment must have given this device, else it does not run",
            [], items={"type": "string"}, maxItems=32,
        ),
        drain_timeout=_key(
            "number", "seconds for which what runs may go on when the agent is stopped or drained",
            AgentSettings.drain_timeout, minimum=0, maximum=3600,
        ),
        log_level=_key(
            "string", "least severity that is logged", AgentSettings.log_level,
            enum=["DEBUG", "INFO", "WARNING", "ERROR"],
        ),
        capacity=_capacity(),
        sandbox=_table(
            level=_key(
                "string", "how sessions are kept from the host; without it, the strongest that the host can",
                enum=list(LEVELS),
            )
        ),
        limits=_limits(),
        kernels=_table(
            ready=_key(
                "integer", "kernels that stand ready, so that a session need not wait for one",
                AgentSettings.warm_kernels, minimum=0,
            ),
            start_timeout=_positive(
                "number", "seconds that a kernel may take to start", AgentSettings.kernel_start_timeout
            ),
            interrupt_timeout=_positive(
                "number", "seconds that a program may take to stop at its reader's Stop, before it is killed",
                AgentSettings.interrupt_timeout,
            ),
            kernelspecs=_key(
                "array", "kernels beside the agent's own Python", [], items=_KERNELSPEC, maxItems=64
            ),
        ),
        metrics=_table(
            port=_key(
                "integer", "port on 127.0.0.1 of the page of figures for Prometheus; 0 is none",
                AgentSettings.metrics_port, minimum=0, maximum=65535,
            )
        ),
        ec2=_table(
            notices=_key(
                "string", "whether to drain when EC2 is about to take this instance away", Ec2.notices,
                enum=["on", "off"],
            ),
            autoscaling_group=_key(
                "string", "the instance's group, which is told once the device has drained"
            ),
            lifecycle_hook=_key(
                "string", "the group's hook that waits for that", Ec2.lifecycle_hook
            ),
        ),
    ),
}  # fmt: skip


def keys(schema: Schema = SCHEMA, prefix: str = "") -> dict[str, Schema]:
    """Every key that has a value, by its path: `capacity.sessions`."""
    found: dict[str, Schema] = {}
    for name, part in schema["properties"].items():
        if part["type"] == "object":
            found |= keys(part, f"{prefix}{name}.")
        else:
            found[prefix + name] = part
    return found
