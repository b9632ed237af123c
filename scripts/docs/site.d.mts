export function buildSite(root: URL, folder: string): Promise<string[]>;
