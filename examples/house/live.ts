import type { ClientEvent, HostProgram } from './host-program.ts';
import { House } from './house.ts';
import type { HouseEvent } from './house-event.ts';

const TICK_MS = 200;
/** After a pause of the machine the house continues where it was instead of catching up. */
const LONGEST_TICK_MS = 5000;

/** Milliseconds whose UTC hours equal those of the local clock, for the house's days and nights. */
function localTimeMs(now: Date): number {
  return now.getTime() - now.getTimezoneOffset() * 60_000;
}

/** Runs a house in real time on a host that has the driver open. */
export class LiveHouse {
  private readonly house: House;
  private readonly host: HostProgram;
  private readonly tell: (line: string) => void;
  private timer: NodeJS.Timeout | undefined;
  private houseMs: number;
  private lastTickMs = performance.now();

  /** @param tell is called with a line of text when somebody switches something */
  constructor(host: HostProgram, tell: (line: string) => void) {
    this.host = host;
    this.tell = tell;
    this.houseMs = localTimeMs(new Date());
    this.house = new House(Date.now(), this.houseMs);
  }

  start(): void {
    this.send(this.house.states());
    this.lastTickMs = performance.now();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Hands a client's event to the house; the answers go to everybody. */
  receive(event: ClientEvent): void {
    const states = this.house.relays.map((relay) => relay.on);
    this.send(this.house.receive(event));
    this.house.relays.forEach((relay, i) => {
      if (relay.on !== states[i]) this.tell(`${relay.name} ${relay.on ? 'on' : 'off'}`);
    });
  }

  private tick(): void {
    const nowMs = performance.now();
    this.houseMs += Math.min(nowMs - this.lastTickMs, LONGEST_TICK_MS);
    this.lastTickMs = nowMs;
    this.send(this.house.advance(this.houseMs));
  }

  private send(events: readonly HouseEvent[]): void {
    const now = new Date();
    for (const event of events) void this.host.write(event, now);
  }
}
