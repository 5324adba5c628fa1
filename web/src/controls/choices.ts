// Radio inputs or checkboxes for a list of texts, plain or drawn as buttons; the keys are the browser's own.
import { make } from "../dom";

export interface Choices {
  inputs: HTMLInputElement[];
  elements: HTMLElement[];
  get chosen(): number[];
  set(indexes: number[]): void;
}

export function makeChoices(texts: string[], { id, multiple, buttons, changed }: { id: string; multiple: boolean; buttons: boolean; changed(): void }): Choices {
  const inputs = texts.map((_, index) => make("input", { type: multiple ? "checkbox" : "radio", name: id, id: `${id}-${index}`, value: index }));
  const elements = inputs.map((input, index) => {
    input.addEventListener("change", changed);
    return make("label", { class: buttons ? "choice button" : "choice" }, input, make("span", {}, texts[index] as string));
  });
  return {
    inputs,
    elements,
    get chosen() {
      return inputs.flatMap((input, index) => (input.checked ? [index] : []));
    },
    set: (indexes) => inputs.forEach((input, index) => (input.checked = indexes.includes(index))),
  };
}
