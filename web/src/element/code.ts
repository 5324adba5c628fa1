// Finds the code that the author wrote inside the element.

/** Removes a blank first line, trailing blanks and the indent that all lines share. */
export function dedent(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  while (lines.length > 0 && lines[0]?.trim() === "") lines.shift();
  while (lines.length > 0 && lines.at(-1)?.trim() === "") lines.pop();
  let common: string | null = null;
  for (const line of lines) {
    if (line.trim() === "") continue;
    const indent = /^[ \t]*/.exec(line)?.[0] ?? "";
    if (common === null) common = indent;
    else while (!indent.startsWith(common)) common = common.slice(0, -1);
  }
  const cut = common?.length ?? 0;
  return lines.map((line) => (line.trim() === "" ? "" : line.slice(cut))).join("\n");
}

/** In this order: script, template, textarea, pre, plain text. */
export function extractCode(element: Element): string {
  const script = element.querySelector('script[type="text/x-python"]');
  if (script) return dedent(script.textContent ?? "");
  const template = element.querySelector("template");
  if (template) return dedent(template.content.textContent ?? "");
  const textarea = element.querySelector("textarea");
  if (textarea) return dedent(textarea.value || (textarea.textContent ?? ""));
  return dedent((element.querySelector("pre") ?? element).textContent ?? "");
}
