"""Where the agent's settings come from: command line over environment over file over defaults."""

import difflib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fastjsonschema

from device_agent import identity
from device_agent.config_schema import SCHEMA, keys
from device_agent.errors import Misconfigured
from device_agent.sandbox.limits import Limits
from device_agent.settings import AgentSettings, Capacity, Ec2, KernelspecSource

PLACES = (Path("~/.config/longwire/agent.toml"), Path("/etc/longwire/agent.toml"))
"""The first of these that exists is read, when no file is named."""
_PREFIX = "LONGWIRE_AGENT_"
_ALIASES = {"LONGWIRE_API_URL": "url", "LONGWIRE_AGENT_STATE": "state_dir", "LOG_LEVEL": "log_level"}
_FILE_VARIABLE = "LONGWIRE_AGENT_CONFIG"
_TOKEN_VARIABLE = "LONGWIRE_ENROLMENT_TOKEN"  # noqa: S105

Values = dict[str, Any]
_check = fastjsonschema.compile(SCHEMA, use_default=False)


def read(environment: Mapping[str, str], options: Mapping[str, object]) -> AgentSettings:
    """The agent's settings.

    :param options: of the command line, by the path of their key (`capacity.sessions`); `config` names the
        file. Those that are None were not given.
    :raises Misconfigured: a file cannot be read, or a value or key in any of the three is wrong; it is named.
    """
    file = find(environment, options)
    layers = [_of_environment(environment), _of_options(options)]
    if file is not None:
        layers.insert(0, checked(_parsed(file), str(file)))
    merged: Values = {}
    for layer in layers:
        merged |= _flat(layer)
    return _settings(merged, environment.get(_TOKEN_VARIABLE))


def find(environment: Mapping[str, str], options: Mapping[str, object]) -> Path | None:
    """The file that is read: the one named, else the first that exists."""
    named = options.get("config") or environment.get(_FILE_VARIABLE)
    if named:
        return Path(str(named)).expanduser()
    return next((path for place in PLACES if (path := place.expanduser()).is_file()), None)


def _parsed(file: Path) -> Values:
    try:
        return tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{file} cannot be read: {error}") from error


def checked(values: Values, source: str) -> Values:
    """The values, if they fit the schema.

    :raises Misconfigured: names the key that does not.
    """
    try:
        _check(values)
    except fastjsonschema.JsonSchemaValueException as error:
        raise Misconfigured(f"{source}: {_in_words(error)}") from None
    return values


def _in_words(error: fastjsonschema.JsonSchemaValueException) -> str:
    path = ".".join(str(part) for part in error.path[1:])
    if error.rule != "additionalProperties":
        reason = (error.message or "").removeprefix(error.name or "").strip()
        return f"{path} {reason}"
    known = error.definition["properties"]
    unknown = next(name for name in error.value if name not in known)
    near = difflib.get_close_matches(unknown, known, 1)
    hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(known)}"
    return f"there is no key {path + '.' if path else ''}{unknown}{hint}"


def _of_environment(environment: Mapping[str, str]) -> Values:
    """Every scalar key has a variable: LONGWIRE_AGENT_CAPACITY_SESSIONS is `capacity.sessions`."""
    known = keys()
    variables = {f"{_PREFIX}{path.replace('.', '_').upper()}": path for path in known} | _ALIASES
    values: Values = {}
    for name, text in environment.items():
        if name in variables:
            path = variables[name]
            _put(values, path, _typed(text, known[path]["type"], name))
        elif name.startswith(_PREFIX) and name != _FILE_VARIABLE:
            near = difflib.get_close_matches(name, variables, 1)
            raise Misconfigured(
                f"environment: there is no {name}" + (f"; did you mean {near[0]}?" if near else "")
            )
    return checked(values, "environment")


def _typed(text: str, kind: str, name: str) -> object:
    try:
        if kind == "integer":
            return int(text)
        if kind == "number":
            return float(text)
    except ValueError:
        raise Misconfigured(f"environment: {name} must be {kind}, not {text!r}") from None
    if kind == "array":
        return [part for part in text.split(",") if part]
    return text.upper() if name == "LOG_LEVEL" else text


def _of_options(options: Mapping[str, object]) -> Values:
    values: Values = {}
    for path in keys():
        if (value := options.get(path)) is not None:
            _put(values, path, value)
    return checked(values, "command line")


def _put(values: Values, path: str, value: object) -> None:
    *tables, name = path.split(".")
    for table in tables:
        values = values.setdefault(table, {})
    values[name] = value


def _flat(values: Values, prefix: str = "") -> Values:
    flat: Values = {}
    for name, value in values.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _settings(values: Values, enrolment_token: str | None) -> AgentSettings:
    def table(name: str) -> Values:
        return {
            path.partition(".")[2]: value for path, value in values.items() if path.startswith(f"{name}.")
        }

    state_dir = _path(values.get("state_dir", "~/.local/state/longwire-agent"), "state_dir")
    known = identity.load(state_dir)
    chosen: Values = {
        "api_url": values.get("url", known.api_url if known else "").rstrip("/"),
        "state_dir": state_dir,
        "enrolment_token": enrolment_token,
        "capacity": Capacity(**table("capacity")),
        "limits": Limits(**table("limits")),
        "ec2": Ec2(**table("ec2")),
        "sandbox_asked": values.get("sandbox.level"),
        "kernelspecs": _kernelspecs(values.get("kernels.kernelspecs", [])),
        "labels": tuple(values.get("labels", ())),
    }
    names = {
        "drain_timeout": "drain_timeout",
        "log_level": "log_level",
        "kernels.ready": "warm_kernels",
        "kernels.start_timeout": "kernel_start_timeout",
        "kernels.interrupt_timeout": "interrupt_timeout",
        "metrics.port": "metrics_port",
    }
    chosen |= {field: values[path] for path, field in names.items() if path in values}
    if "work_dir" in values:
        chosen["work_dir"] = _path(values["work_dir"], "work_dir")
    return AgentSettings(**chosen)


def _path(text: str, key: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise Misconfigured(f"{key}: {text}: there is no such user") from error


def _kernelspecs(rows: list[Values]) -> tuple[KernelspecSource, ...]:
    sources = tuple(KernelspecSource(row["name"], _path(row["path"], "kernels.kernelspecs")) for row in rows)
    names = [source.name for source in sources]
    for source in sources:
        if names.count(source.name) > 1:
            raise Misconfigured(f"kernels.kernelspecs: two of them have the name {source.name}")
        if not source.path.exists():
            raise Misconfigured(f"kernels.kernelspecs: {source.name}: there is no {source.path}")
    return sources


def require_url(settings: AgentSettings) -> str:
    """The address of the service.

    :raises Misconfigured: none is known.
    """
    if not settings.api_url:
        raise Misconfigured(
            "no service is known: `longwire-agent enroll --url https://HOST/api --token TOKEN` "
            "keeps it, or set url in agent.toml, or LONGWIRE_API_URL"
        )
    return settings.api_url
