// A cell as a file: a Python script, or a Jupyter notebook (nbformat 4.5) that keeps the control values.
import type { SharedCell } from "./shared_cell";

export interface ExportedFile {
  name: string;
  type: string;
  text: string;
}

/** Sought where a run of line breaks begins: from each of its breaks would take the square of its length. */
const LAST_BREAKS = /(?<!\n)\n*$/;

export const script = ({ code }: SharedCell): ExportedFile => ({ name: "cell.py", type: "text/x-python", text: code.replace(LAST_BREAKS, "\n") });

export function notebook({ code, language, kernel = "python3", state, layout }: SharedCell): ExportedFile {
  const content = {
    cells: [{ cell_type: "code", id: "cell", execution_count: null, metadata: { longwire: { state, layout } }, outputs: [], source: code }],
    metadata: { kernelspec: { display_name: kernel, language, name: kernel }, language_info: { name: language } },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return { name: "cell.ipynb", type: "application/x-ipynb+json", text: `${JSON.stringify(content, null, 1)}\n` };
}
