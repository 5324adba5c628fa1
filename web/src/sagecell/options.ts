// What a page asks of SageMathCell, as attributes of <interact-cell>.

/** A selector, or what it would find: an element, a list of them, a jQuery object. */
export type Location = string | Element | ArrayLike<Element>;

/** As in SageMathCell's doc/embedding.rst and js/cell.js. */
export interface Template {
  editor?: string;
  hide?: string[];
  evalButtonText?: string;
  languages?: string[];
  defaultLanguage?: string;
  replaceOutput?: boolean;
  autoeval?: unknown;
  linked?: unknown;
  collapse?: boolean;
  mode?: string;
  [more: string]: unknown;
}

export interface Options extends Template {
  inputLocation: Location;
  outputLocation?: Location;
  code?: string;
  codeLocation?: Location;
  template?: Template;
  callback?: () => void;
  /** Not SageMathCell's: of the session. */
  kernel?: string;
  pool?: string;
}

export type Attributes = Record<string, string | boolean>;

const DEFAULTS = {
  editor: "codemirror",
  // Not translated: the text around an existing page's cell names the button.
  evalButtonText: "Evaluate",
  languages: ["sage"],
  replaceOutput: true,
};
/** Those that mean the same here, and those that mean nothing here and need not be told of. */
const KNOWN = new Set([
  ...["inputLocation", "outputLocation", "code", "codeLocation", "template", "callback", "linked", "autoeval", "collapse", "kernel", "pool"],
  ...["editor", "evalButtonText", "languages", "defaultLanguage", "replaceOutput", "hide", "mode", "sageMode"],
]);
const PYTHON = ["sage", "python"];

/** Templates are overridden, but what is hidden is added up; "debug" shows everything. */
export function merged(options: Options): Options & { hide: string[] } {
  const all = { ...DEFAULTS, ...options.template, ...options };
  return { ...all, hide: all.mode === "debug" ? [] : [...(options.template?.hide ?? []), ...(options.hide ?? [])] };
}

/** The language of the cell's code. */
export function language(options: Options): string {
  const { languages = DEFAULTS.languages, defaultLanguage } = options;
  return defaultLanguage !== undefined && languages.includes(defaultLanguage) ? defaultLanguage : (languages[0] ?? "sage");
}

/** Whether its kernel is one that we have: Sage's own syntax is not translated. */
export const isPython = (name: string): boolean => PYTHON.includes(name);

export function attributes(options: Options & { hide: string[] }, linked: string): Attributes {
  const { hide, editor = "", collapse, autoeval, kernel, pool, evalButtonText = "" } = options;
  const shown = hide.includes("editor") ? "hidden" : editor.endsWith("-readonly") ? "read-only" : collapse ? "collapsed" : "full";
  return {
    editor: shown,
    "run-label": evalButtonText,
    ...(autoeval ? { autorun: true } : {}),
    ...(options.linked ? { linked } : {}),
    ...(kernel ? { kernel } : {}),
    ...(pool ? { pool } : {}),
    ...(hide.length ? { "data-hide": hide.join(" ") } : {}),
  };
}

/** What was asked for and cannot be had, by the names that the page has used. */
export function unsupported(options: Options): string[] {
  const others = (options.languages ?? []).filter((name) => !isPython(name));
  return [
    ...Object.keys(options).filter((name) => !KNOWN.has(name)),
    ...(options.replaceOutput === false ? ["replaceOutput: false"] : []),
    ...(others.length && isPython(language(options)) ? [`languages: ${others.join(", ")}`] : []),
  ];
}
