/** A text with `{name}` where a value goes. */
export function t(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  if (!text.includes('{')) return text;
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
