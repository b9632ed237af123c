export const CLIENT_FOLDER: string;
export const CLIENT_SIZE_LIMIT: number;
export function buildClient(): Promise<void>;
export function clientSizes(): Promise<{ client: number; names: number }>;
