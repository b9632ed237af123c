/**
 * Lines that wait to be written, oldest first; taking from the front costs the same however many lines wait.
 */
export class LineQueue {
  private lines: string[] = [];
  private head = 0;
  private characters = 0;

  /** Number of lines. */
  get length(): number {
    return this.lines.length - this.head;
  }

  /** Characters of all lines together. */
  get size(): number {
    return this.characters;
  }

  push(line: string): void {
    this.lines.push(line);
    this.characters += line.length;
  }

  /** The line `index` places after the oldest; empty when there is none. */
  at(index: number): string {
    return this.lines[this.head + index] ?? '';
  }

  /**
   * The lines from place `from` (0 = oldest) up to, but not including, `to`; without `to`, all from there.
   */
  slice(from: number, to = this.length): string[] {
    return this.lines.slice(this.head + from, this.head + to);
  }

  /** Removes the oldest `count` lines. */
  drop(count: number): void {
    for (let index = 0; index < count; index++) this.characters -= this.at(index).length;
    this.head += count;
    // This moves the lines together only now and then, so that the total cost stays linear.
    if (this.head > 1024 && this.head * 2 > this.lines.length) {
      this.lines = this.lines.slice(this.head);
      this.head = 0;
    }
  }

  /** Removes and returns all lines from place `from` on. */
  cutFrom(from: number): string[] {
    const cut = this.lines.splice(this.head + from);
    for (const line of cut) this.characters -= line.length;
    return cut;
  }
}
