// The two addresses of a shared cell: its id at the service, or all of it in the fragment.

export type Address = { id: string } | { fragment: string };

/** Why a link leads nowhere, apart from what the service answers. */
export class LinkError extends Error {
  constructor(readonly kind: "broken" | "too_large") {
    super(kind);
  }
}

/** `base` is the folder of the hosted page. */
export const linkOf = (base: string, address: Address): string =>
  new URL("id" in address ? `?c=${address.id}` : `#cell=${address.fragment}`, base).href;

/** What an address asks to open; null when that is nothing. */
export function readAddress({ search, hash }: { search: string; hash: string }): Address | null {
  if (hash.startsWith("#cell=")) return { fragment: hash.slice("#cell=".length) };
  const id = new URLSearchParams(search).get("c");
  return id === null ? null : { id };
}
