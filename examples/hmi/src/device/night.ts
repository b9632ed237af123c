/** Hours in which a screen is dim, as `22:30`. */
export interface Night {
  from: string;
  to: string;
}

/** @param time `HH:MM`, of the device */
export function isNight({ from, to }: Night, time: string): boolean {
  return from <= to ? from <= time && time < to : time >= from || time < to;
}
