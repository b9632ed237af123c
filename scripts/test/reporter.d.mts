export const FOUND_HEADING: string;
