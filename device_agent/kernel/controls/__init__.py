"""The controls: one frozen dataclass each, with its wire form and its way back to a Python value."""

from device_agent.kernel.controls.base import Control
from device_agent.kernel.controls.boxes import Checkbox, ExpressionBox, InputBox, checkbox, input_box
from device_agent.kernel.controls.selector import Selector, selector
from device_agent.kernel.controls.slider import Slider, slider

__all__ = [
    "Checkbox",
    "Control",
    "ExpressionBox",
    "InputBox",
    "Selector",
    "Slider",
    "checkbox",
    "input_box",
    "selector",
    "slider",
]
