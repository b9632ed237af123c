/** A reader with a fault behind branches that blind guessing takes years to pass: some 2^60 inputs. */
export function planted(input: Buffer): void {
  const text = input.toString('latin1');
  if (text[0] !== 'f') return;
  if (text[1] !== 'a') return;
  if (text[2] !== 'u') return;
  if (text[3] !== 'l') return;
  if (text[4] !== 't') return;
  if (text.length % 7 !== 0 || text.length < 21) return;
  throw new Error('the planted fault');
}
