// A choice from a list: drop-down, radio buttons or a grid of buttons; its value is an index, or a list of them.
import { make } from "../dom";
import { makeChoices } from "./choices";
import { asNumber, asList, gridColumns, setGrid, setWidth, type Control, type ControlFactory } from "./control";

const LONGEST_LIST = 8;

export const selector: ControlFactory = (spec, context) => {
  const texts = (spec.values ?? []).map(String);
  const multiple = spec.multiple === true;
  // Indexes that point nowhere are left out; with one choice something is always chosen, as in the kernel.
  const wanted = (value: unknown): number[] => {
    const indexes = (multiple ? asList(value) : [value]).filter((index) => typeof index === "number" && index in texts) as number[];
    return indexes.length > 0 || multiple ? indexes : [0];
  };
  const value = (indexes: number[]) => (multiple ? indexes : asNumber(indexes[0], 0));
  switch (spec.subtype ?? "list") {
    case "list":
      return list(texts, multiple, wanted, value, spec, context);
    case "radio":
    case "buttons": {
      const buttons = spec.subtype === "buttons";
      const choices = makeChoices(texts, { id: context.id, multiple, buttons, changed: context.changed });
      const element = make("fieldset", { class: buttons ? "choices joined" : "choices", role: multiple ? null : "radiogroup", disabled: context.readonly }, ...choices.elements);
      setGrid(element, gridColumns(texts.length, spec.nrows, spec.ncols));
      if (buttons) for (const choice of choices.elements) setWidth(choice, spec.width);
      choices.set(wanted(spec.default));
      return {
        element,
        input: choices.inputs[0] ?? null,
        group: true,
        get: () => value(choices.chosen),
        set: (next) => choices.set(wanted(next)),
      };
    }
    default:
      throw new TypeError(`no selector of kind ${spec.subtype}`);
  }
};

function list(
  texts: string[],
  multiple: boolean,
  wanted: (value: unknown) => number[],
  value: (indexes: number[]) => number | number[],
  spec: Parameters<ControlFactory>[0],
  { id, readonly, changed }: Parameters<ControlFactory>[1],
): Control {
  const size = multiple ? Math.min(LONGEST_LIST, Math.max(2, texts.length)) : null;
  const options = texts.map((text, index) => make("option", { value: index }, text));
  const input = make("select", { id, disabled: readonly, multiple, size }, ...options);
  setWidth(input, spec.width);
  const set = (next: unknown) => {
    const indexes = wanted(next);
    if (multiple) options.forEach((option, index) => (option.selected = indexes.includes(index)));
    else input.selectedIndex = indexes[0] ?? 0;
  };
  set(spec.default);
  input.addEventListener("change", changed);
  return {
    element: input,
    input,
    get: () => value(multiple ? [...input.selectedOptions].map(({ index }) => index) : [Math.max(0, input.selectedIndex)]),
    set,
  };
}
