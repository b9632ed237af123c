import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { TurnQueue } from '../core/turn-queue.ts';
import type { Logger } from '../logging/logger.ts';
import type { PendingSockets } from './pending-sockets.ts';

export interface Doorway {
  /** Spreads new connections over turns of the event loop. */
  turns: TurnQueue;
  /** Bounds the number of connections that are not websockets. */
  pending: PendingSockets;
  log: Logger;
}

/** Watches the connections of a server, and makes it take them in by turns. */
export function watchConnections(server: Server, { turns, pending, log }: Doorway): void {
  const onSocketError = (error: Error) => log.debug(`connection failed: ${error.message}`);
  takeInByTurns(server, turns);
  server.on('connection', (socket: Socket) => {
    socket.on('error', onSocketError);
    const evicted = pending.add(socket);
    if (evicted > 0) log.debug('too many connections without a websocket: the oldest was closed');
  });
  server.on('secureConnection', (socket) => socket.on('error', onSocketError));
  server.on('tlsClientError', (error, socket) => {
    socket.on('error', onSocketError);
    log.debug(`TLS handshake failed: ${error.message}`);
    socket.destroy();
  });
}

/**
 * What the server itself does with a connection (reading requests, the TLS handshake) begins when its turn comes;
 * until then nothing is read from it.
 */
function takeInByTurns(server: Server, turns: TurnQueue): void {
  const takers = server.listeners('connection');
  server.removeAllListeners('connection');
  // So the server hands its sockets over without reading from them.
  Object.assign(server, { pauseOnConnect: true });
  server.on('connection', (socket: Socket) => {
    turns.add(() => {
      if (socket.destroyed) return;
      for (const take of takers) take.call(server, socket);
      socket.resume();
    });
  });
}
