// Which control_type is drawn by which factory. A new control is one file and one line here.
import type { ControlSpec } from "../protocol";
import { checkbox } from "./checkbox";
import type { ControlFactory } from "./control";
import { inputBox } from "./input_box";
import { selector } from "./selector";
import { slider } from "./slider";
import { unknown } from "./unknown";

const FACTORIES: Record<string, ControlFactory> = {
  slider,
  input_box: inputBox,
  checkbox,
  selector,
};

const SELECTOR_KINDS = [undefined, "list"];

export function factoryFor(spec: ControlSpec): ControlFactory {
  if (spec.control_type === "selector" && !SELECTOR_KINDS.includes(spec.subtype)) return unknown;
  return Object.hasOwn(FACTORIES, spec.control_type) ? (FACTORIES[spec.control_type] as ControlFactory) : unknown;
}
