import { isLevel1OverLevel2, level1ClassOf } from './event.ts';
import { GUID_SIZE } from './guid.ts';

/** The class and the data of the level I event that one over level II stands for; of other events their own. */
export function level1Form({ vscpClass, data }: { readonly vscpClass: number; readonly data: Uint8Array }): {
  vscpClass: number;
  data: Uint8Array;
} {
  return {
    vscpClass: level1ClassOf(vscpClass),
    data: isLevel1OverLevel2(vscpClass) ? data.subarray(GUID_SIZE) : data,
  };
}
