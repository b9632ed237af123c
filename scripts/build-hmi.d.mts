export const HMI_FOLDER: string;
export function buildHmi(): Promise<string>;
