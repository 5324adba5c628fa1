"""A function's parameters become controls, fixed values and, for the first that says nothing, the proxy."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from device_agent.kernel.abbreviations import NOTHING, control_of, fixed
from device_agent.kernel.controls import Control, ExpressionBox
from device_agent.kernel.errors import ControlError, OptionError
from device_agent.kernel.layout import OUTPUT

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


@dataclass
class Plan:
    """How a function is called: what has a control, what is fixed, and in which order."""

    controls: dict[str, Control] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    proxy: str | None = None
    positional: list[str] = field(default_factory=list)
    named: frozenset[str] = frozenset()
    takes_any: bool = True

    def takes(self, name: str) -> bool:
        return self.takes_any or name in self.named

    def arguments(self, values: Mapping[str, Any], proxy: object) -> tuple[list[Any], dict[str, Any]]:
        # A control that was added from code can be read through the proxy alone.
        named = {name: value for name, value in {**self.fixed, **values}.items() if self.takes(name)}
        if self.proxy is not None:
            named[self.proxy] = proxy
        return [named.pop(name) for name in self.positional], named


def parameters_of(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise OptionError("interact calls plain functions; an async function cannot be one")
    with suppress(Exception):
        # `from __future__ import annotations` makes texts of them; one that means nothing stays a text.
        return dict(inspect.signature(function, eval_str=True).parameters)
    try:
        return dict(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        # Some built-in functions do not tell their parameters; those that are named will have to do.
        return {"values": inspect.Parameter("values", inspect.Parameter.VAR_KEYWORD)}


def plan_of(function: Callable[..., Any], given: Mapping[str, Any], style: str) -> Plan:
    """What is given to interact wins over an annotation, an annotation over the default it then starts at."""
    parameters = parameters_of(function)
    _refuse_unknown(function, parameters, given)
    named = frozenset(name for name, parameter in parameters.items() if parameter.kind not in VARIADIC)
    plan = Plan(named=named, takes_any=takes_any(parameters))
    for name, parameter in parameters.items():
        if parameter.kind in VARIADIC:
            continue
        if parameter.kind is inspect.Parameter.POSITIONAL_ONLY:
            plan.positional.append(name)
        silent = name not in given and parameter.default is parameter.empty and not _speaks(parameter)
        if silent and plan.proxy is None and parameter.kind in POSITIONAL:
            plan.proxy = name
        else:
            _place(plan, name, _specification(parameter, given), style)
    for name in given:
        if name not in parameters:
            _place(plan, name, (given[name], NOTHING), style)
    return plan


def _specification(parameter: inspect.Parameter, given: Mapping[str, Any]) -> tuple[Any, Any]:
    default = NOTHING if parameter.default is parameter.empty else parameter.default
    if parameter.name in given:
        return given[parameter.name], NOTHING
    if _speaks(parameter):
        return parameter.annotation, default
    return (ExpressionBox() if default is NOTHING else default), NOTHING


def _place(plan: Plan, name: str, specification: tuple[Any, Any], style: str) -> None:
    value, default = specification
    if name == OUTPUT:
        raise OptionError(f"{OUTPUT} is the output's name in a layout, so no control can have it")
    if isinstance(value, fixed):
        plan.fixed[name] = value.value
        return
    try:
        plan.controls[name] = control_of(value, style, default)
    except ControlError as error:
        raise ControlError(f"{name}: {error}") from None


def _speaks(parameter: inspect.Parameter) -> bool:
    """Whether an annotation is meant as a control; a type or a string is meant for a type checker."""
    annotation = parameter.annotation
    return isinstance(annotation, Control | fixed | tuple | list | dict | range | bool | int | float | date)


def _refuse_unknown(
    function: Callable[..., Any], parameters: Mapping[str, inspect.Parameter], given: Mapping[str, Any]
) -> None:
    for name in given:
        known = name in parameters and parameters[name].kind not in VARIADIC
        if not known and not takes_any(parameters):
            raise OptionError(f"{name!r} is neither an option of interact nor a parameter of the function")


def takes_any(parameters: Mapping[str, inspect.Parameter]) -> bool:
    return any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
