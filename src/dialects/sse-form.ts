import type { EventForm } from '../delivery/fan-out.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { plainEvent } from '../vscp/plain-event.ts';

/**
 * Maximum bytes of one server-sent event: its id, all fields at their longest and 512 data bytes of `255,`.
 */
const SSE_EVENT_MAX = 448 + 512 * 4;

/**
 * Events as server-sent events: `id: <id>` and the event as the JSON API writes it.
 * @param eventId returns the id of the event that is being written
 */
export function sseForm(eventId: () => string): EventForm {
  return {
    maxEventBytes: SSE_EVENT_MAX,
    writeEvent: (event: DriverEvent, target: Buffer, at: number, format: EventFormat): number =>
      at +
      target.write(`id: ${eventId()}\ndata: ${JSON.stringify(plainEvent(event, format))}\n\n`, at, 'latin1'),
  };
}
