// The button for files, and the cell on which they can be dropped; what is done with them comes when there are some.
import { make } from "../dom";

export function filePicker(label: string, cell: HTMLElement, chosen: (files: File[]) => void): HTMLElement {
  const input = make("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", "aria-label": label });
  const button = make("button", { type: "button", part: "files", class: "small" }, label);
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    chosen([...(input.files ?? [])]);
    input.value = "";
  });
  // Before the editor, which would insert the file's text; an input for files takes its own.
  const isOurs = (event: DragEvent): boolean =>
    (event.dataTransfer?.types.includes("Files") ?? false) && !(event.composedPath()[0] instanceof HTMLInputElement);
  const dropping = (on: boolean) => cell.classList.toggle("dropping", on);
  cell.addEventListener("dragover", (event) => {
    if (!isOurs(event)) return;
    event.preventDefault();
    dropping(true);
  }, true);
  cell.addEventListener("dragleave", () => dropping(false));
  cell.addEventListener("drop", (event) => {
    dropping(false);
    if (!isOurs(event)) return;
    event.preventDefault();
    event.stopPropagation();
    chosen([...(event.dataTransfer?.files ?? [])]);
  }, true);
  return make("span", {}, button, input);
}
