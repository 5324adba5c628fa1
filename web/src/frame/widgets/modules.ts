// The widgets whose JavaScript is here; nothing is loaded from elsewhere.
import * as base from "@jupyter-widgets/base";

type Module = Record<string, unknown>;

const MODULES: Record<string, () => Promise<Module>> = {
  "@jupyter-widgets/base": async () => ({ ...base }),
  "@jupyter-widgets/controls": async () => ({ ...(await import("@jupyter-widgets/controls")) }),
  "@jupyter-widgets/output": async () => ({ ...(await import("./output")) }),
  anywidget: async () => (await import("./anywidget")).anywidget(),
  "jupyter-matplotlib": async () => (await import("./matplotlib")).matplotlib,
};

export const isHere = (module: string): boolean => Object.hasOwn(MODULES, module);

/** A model or view; fails when the module does not have it. */
export async function widgetClass(name: string, module: string): Promise<unknown> {
  const found = isHere(module) ? (await MODULES[module]?.())?.[name] : undefined;
  if (!found) throw new Error(`${module} has no ${name}`);
  return found;
}
