// anywidget, whose npm package is one AMD module: it calls a global `define` once.
import * as base from "@jupyter-widgets/base";

type Factory = (widgets: typeof base) => Record<string, unknown>;

export async function anywidget(): Promise<Record<string, unknown>> {
  const scope = globalThis as { define?: unknown };
  const before = scope.define;
  let made: Record<string, unknown> = {};
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
