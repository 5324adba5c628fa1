// What a page for SageMathCell is told: its author in the console, its reader in the cell's place.

export const WORDS = {
  en: {
    unsupported: (names: string) => `sagecell.makeSagecell: not supported here and left out: ${names}`,
    noInput: "sagecell.makeSagecell: inputLocation is missing: give a selector or an element",
    noSelector: (name: string, selector: string) => `sagecell.makeSagecell: ${name}: "${selector}" is no CSS selector`,
    notOne: (name: string, found: number) => `sagecell.makeSagecell: ${name} must lead to one element, but leads to ${found}`,
    noScript: "sagecell: the address of embedded_sagecell.js is unknown: load it by a <script src> element",
    noCell: (address: string) => `sagecell: ${address} could not be loaded, so no cell can run`,
    otherLanguage: (name: string) => `This code is written in the language “${name}”, which cannot be run here. Only Python can.`,
  },
  de: {
    unsupported: (names: string) => `sagecell.makeSagecell: wird hier nicht unterstützt und weggelassen: ${names}`,
    noInput: "sagecell.makeSagecell: inputLocation fehlt: ein Selektor oder ein Element ist anzugeben",
    noSelector: (name: string, selector: string) => `sagecell.makeSagecell: ${name}: „${selector}“ ist kein CSS-Selektor`,
    notOne: (name: string, found: number) => `sagecell.makeSagecell: ${name} muss zu einem Element führen, führt aber zu ${found}`,
    noScript: "sagecell: die Adresse von embedded_sagecell.js ist unbekannt: es ist durch ein Element <script src> zu laden",
    noCell: (address: string) => `sagecell: ${address} konnte nicht geladen werden, daher läuft keine Zelle`,
    otherLanguage: (name: string) => `Dieser Code ist in der Sprache „${name}“ geschrieben, die hier nicht läuft. Es läuft nur Python.`,
  },
};
