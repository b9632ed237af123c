export const CLIENT_PACKAGE_FOLDER: string;
export function buildClientPackage(folder?: string): Promise<void>;
