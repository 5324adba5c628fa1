// ipympl: figures of matplotlib that are drawn by the kernel and moved by hand.
import "jupyter-matplotlib/css/mpl_widget.css";
import * as figures from "jupyter-matplotlib";

export const matplotlib: Record<string, unknown> = { ...figures };
