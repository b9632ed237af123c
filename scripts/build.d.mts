/** Builds a part that has a script of its own, unless it is up to date; by the name of the export that does the work. */
export function buildPart(run: 'buildHmi' | 'buildClient' | 'buildCli'): Promise<'built' | 'up to date'>;
