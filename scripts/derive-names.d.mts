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
/** Text by the name of the source file it is for. */
export function deriveNames(database: NamesDatabase): Record<string, string>;
