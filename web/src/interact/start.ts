// Reads interact_start and interact_update, with every part checked for its shape, so that the rest need not ask.
import { isObject, type ControlSpec, type InteractOptions, type InteractStart, type Layout, type WireValues } from "../protocol";

/** What the program itself changed in a living interact. */
export interface InteractUpdate {
  values: WireValues;
  controls: Record<string, ControlSpec>;
  removed: string[];
  layout: Layout | null;
}

export function interactStart(content: Record<string, unknown>): InteractStart | null {
  const { function_name, state, controls, layout, options, parent } = content;
  if (typeof function_name !== "string" || !isObject(controls)) return null;
  return {
    function_name,
    state: typeof state === "number" ? state : 0,
    controls: specs(controls),
    layout: asLayout(layout) ?? [],
    options: isObject(options) ? (options as InteractOptions) : {},
    parent: typeof parent === "string" ? parent : null,
  };
}

export function interactUpdate(content: Record<string, unknown>): InteractUpdate {
  const { values, controls, removed, layout } = content;
  return {
    values: isObject(values) ? (values as WireValues) : {},
    controls: specs(isObject(controls) ? controls : {}),
    removed: Array.isArray(removed) ? removed.map(String) : [],
    layout: asLayout(layout),
  };
}

const specs = (controls: Record<string, unknown>): Record<string, ControlSpec> =>
  Object.fromEntries(Object.entries(controls).map(([name, spec]) => [name, (isObject(spec) ? spec : { control_type: "?" }) as unknown as ControlSpec]));

const asLayout = (layout: unknown): Layout | null => (Array.isArray(layout) || isObject(layout) ? (layout as Layout) : null);
