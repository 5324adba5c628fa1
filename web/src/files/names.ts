// Which names of files go between a page and a session: those that show what they are.

export const LARGEST_FILE = 8_000_000;
const LONGEST_NAME = 100;

/** Without folders, hidden characters, or what turns the direction of a text; the session has the same rule. */
export function isPlainName(name: unknown): name is string {
  return typeof name === "string" && name.length <= LONGEST_NAME && name === name.trim() && /^[^.-]/.test(name) && !/[\p{C}\p{Zl}\p{Zp}/\\]/u.test(name);
}
