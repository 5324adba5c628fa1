// Cells that run by themselves: only once they are seen, and only on pages that the operator has named.
import { loadConfig } from "../channel/config";

/** Whether pages of this origin may run cells unasked: the service's own, or one of the list. "*" names nobody. */
export async function mayAutorun(base: string, origin: string): Promise<boolean> {
  if (new URL(base).origin === origin) return true;
  const { origins = [] } = await loadConfig(base).catch(() => ({ origins: [] }));
  return origins.includes(origin);
}

export function whenSeen(element: Element, then: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    then();
  });
  observer.observe(element);
}
