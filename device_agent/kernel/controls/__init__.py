"""The controls: one frozen dataclass each, with its wire form and its way back to a Python value."""

from device_agent.kernel.controls.base import Control
from device_agent.kernel.controls.boxes import Checkbox, ExpressionBox, InputBox, checkbox, input_box
from device_agent.kernel.controls.buttons import Button, ButtonBar, UpdateButton
from device_agent.kernel.controls.colour import ColorSelector, color_selector
from device_agent.kernel.controls.date_and_file import DateBox, FileBox
from device_agent.kernel.controls.grid import InputGrid, input_grid
from device_agent.kernel.controls.html import HtmlBox, text_control
from device_agent.kernel.controls.ranges import MultiSlider, RangeSlider, multi_slider, range_slider
from device_agent.kernel.controls.sage_classes import ContinuousSlider, DiscreteSlider
from device_agent.kernel.controls.selector import Selector, selector
from device_agent.kernel.controls.slider import Slider, slider

__all__ = [
    "Button",
    "ButtonBar",
    "Checkbox",
    "ColorSelector",
    "ContinuousSlider",
    "Control",
    "DateBox",
    "DiscreteSlider",
    "ExpressionBox",
    "FileBox",
    "HtmlBox",
    "InputBox",
    "InputGrid",
    "MultiSlider",
    "RangeSlider",
    "Selector",
    "Slider",
    "UpdateButton",
    "checkbox",
    "color_selector",
    "input_box",
    "input_grid",
    "multi_slider",
    "range_slider",
    "selector",
    "slider",
    "text_control",
]
