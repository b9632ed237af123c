export function unpackPackages(names: readonly string[], folder: string): Promise<void>;
