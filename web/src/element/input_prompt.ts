// A question of the running program (input()), drawn by the page as text.
import { make, uniqueId } from "../dom";
import type { CellWords } from "./words";

export function inputPrompt(prompt: string, secret: boolean, words: CellWords, answer: (value: string) => void): HTMLElement {
  const id = uniqueId("input");
  const input = make("input", { id, type: secret ? "password" : "text", autocomplete: "off" });
  const form = make(
    "form",
    { class: "prompt", part: "prompt" },
    // Said in these words so that a program cannot pass for the page itself.
    make("label", { for: id }, make("span", { class: "asks" }, words.asks), prompt),
    make("span", { class: "answer" }, input, make("button", { type: "submit" }, words.send)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(input.value);
  });
  return form;
}
