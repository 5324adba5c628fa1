// How large something is, in words.
export function formatSize(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB"];
  let [amount, unit] = [bytes, 0];
  while (amount >= 1024 && unit < units.length - 1) [amount, unit] = [amount / 1024, unit + 1];
  return `${Number(amount.toPrecision(3))} ${units[unit]}`;
}
