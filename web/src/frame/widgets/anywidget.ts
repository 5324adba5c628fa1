// anywidget, whose npm package is one AMD module: it calls a global `define` when it is loaded.
import * as base from "@jupyter-widgets/base";

type Module = Record<string, unknown>;
type Factory = (widgets: typeof base) => Module;

async function load(): Promise<Module> {
  const scope = globalThis as { define?: unknown };
  const before = scope.define;
  let made: Module = {};
  scope.define = (_needed: string[], factory: Factory) => {
    made = factory(base);
  };
  try {
    await import("anywidget");
  } finally {
    scope.define = before;
  }
  return made;
}

let loaded: Promise<Module> | null = null;

export const anywidget = (): Promise<Module> => (loaded ??= load());
