import type { Server } from 'node:http';
import type { ListenAddress } from '../config/listen-address.ts';
import { type BindTarget, bindTargets, isAddressMissing, listenProblem } from './bind-targets.ts';
import { startListening, whereIs } from './listener.ts';

/** An address that the driver listens on. */
export interface BoundAddress {
  address: string;
  port: number;
  secure: boolean;
}

export interface Listener {
  server: Server;
  target: BindTarget;
  bound: BoundAddress;
}

/** Attempts to find a port that is free on both loopback addresses (port 0 only). */
const PORT_ATTEMPTS = 10;

/**
 * Listens on one configured address: on all addresses that it stands for, or on none.
 * @param all the other configured addresses, which may share its port
 * @param isShared whether other processes of this server listen on it too
 * @param create makes a server that does not listen yet
 * @throws Error whose message names the key and the address; `cause` is the system's error
 */
export async function bindAddress(
  address: ListenAddress,
  all: readonly ListenAddress[],
  isShared: boolean,
  create: () => Server,
): Promise<Listener[]> {
  const targets = bindTargets(address, all, isShared);
  for (let attempt = 1; ; attempt += 1) {
    const listeners: Listener[] = [];
    try {
      for (const target of targets) {
        const port = listeners[0]?.bound.port ?? address.port;
        const server = await bind(address, target, port, targets.length > 1, create);
        if (server === undefined) continue;
        listeners.push({ server, target, bound: { ...whereIs(server), secure: address.secure } });
      }
      if (listeners.length === 0) throw new Error(listenProblem(address, 'this machine has no such address'));
      return listeners;
    } catch (error) {
      for (const { server } of listeners) server.close();
      const again = address.port === 0 && listeners.length > 0 && attempt < PORT_ATTEMPTS;
      if (!again) throw error;
    }
  }
}

/** Undefined when the machine lacks an optional address and the group has other targets. */
async function bind(
  address: ListenAddress,
  target: BindTarget,
  port: number,
  hasOthers: boolean,
  create: () => Server,
): Promise<Server | undefined> {
  const server = create();
  try {
    await startListening(server, target, port);
    return server;
  } catch (error) {
    server.close();
    if (target.optional && hasOthers && isAddressMissing(error)) return undefined;
    throw new Error(listenProblem(address, error), { cause: error });
  }
}
