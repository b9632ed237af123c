import type { EventForm } from '../delivery/fan-out.ts';
import type { DriverEvent, EventFormat } from '../vscp/event.ts';
import { plainEvent } from '../vscp/plain-event.ts';

/** Bytes that one server-sent event may take: its number, all fields at their longest and 512 data bytes of `255,`. */
const SSE_EVENT_MAX = 448 + 512 * 4;

/**
 * Events as server-sent events: `id: <number>` and the event as the JSON API has it.
 * @param eventId the id of the event that is being handed out
 */
export function sseForm(eventId: () => string): EventForm {
  return {
    maxEventBytes: SSE_EVENT_MAX,
    writeEvent: (event: DriverEvent, target: Buffer, at: number, format: EventFormat): number =>
      at +
      target.write(`id: ${eventId()}\ndata: ${JSON.stringify(plainEvent(event, format))}\n\n`, at, 'latin1'),
  };
}
