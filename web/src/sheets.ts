// Style sheets that all shadow trees of a page share.
const made = new Map<string, CSSStyleSheet>();

/** Lets a shadow tree look so. A style is parsed once, however many trees take it. */
export function adopt(root: ShadowRoot, styles: string): void {
  let sheet = made.get(styles);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    made.set(styles, sheet);
  }
  if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}
