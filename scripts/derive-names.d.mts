export interface NamesDatabase {
  classes: Record<string, string>;
  types: Record<string, string>;
  units: Record<string, { unit: number; symbol: string }[]>;
}
export const MENDS: {
  classes: Record<string, string>;
  words: Record<string, string>;
  units: Record<string, string[]>;
};
/** Maps the name of each source file to the text it should have. */
export function deriveNames(database: NamesDatabase): Record<string, string>;
