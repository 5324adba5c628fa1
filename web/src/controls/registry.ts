// Which control_type is drawn by which factory. A new control is one file and one line here.
import type { ControlSpec } from "../protocol";
import { button, updateButton } from "./button";
import { buttonBar } from "./button_bar";
import { checkbox } from "./checkbox";
import { colorSelector } from "./color_selector";
import type { ControlFactory } from "./control";
import { dateBox } from "./date_box";
import { fileBox } from "./file_box";
import { htmlBox } from "./html_box";
import { inputBox } from "./input_box";
import { inputGrid } from "./input_grid";
import { multiSlider } from "./multi_slider";
import { rangeSlider } from "./range_slider";
import { selector } from "./selector";
import { slider } from "./slider";
import { unknown } from "./unknown";

const FACTORIES: Record<string, ControlFactory> = {
  button,
  button_bar: buttonBar,
  checkbox,
  color_selector: colorSelector,
  date_box: dateBox,
  file_box: fileBox,
  html_box: htmlBox,
  input_box: inputBox,
  input_grid: inputGrid,
  multi_slider: multiSlider,
  range_slider: rangeSlider,
  selector,
  slider,
  update_button: updateButton,
};

export const CONTROL_TYPES = Object.keys(FACTORIES);

export function factoryFor(spec: ControlSpec): ControlFactory {
  return Object.hasOwn(FACTORIES, spec.control_type) ? (FACTORIES[spec.control_type] as ControlFactory) : unknown;
}
