import type { ListenAddress } from '../config/listen-address.ts';
import { errorCode, errorMessage } from '../core/errors.ts';

/** One address to bind. */
export interface BindTarget {
  /** Undefined = all addresses of the machine. */
  host: string | undefined;
  ipv6Only: boolean;
  /**
   * The machine may lack this address family; that is no error as long as another target of the group works.
   */
  optional: boolean;
  /** Other processes of this server listen here too. */
  isShared: boolean;
}

/**
 * The addresses to bind for one configured address. `localhost` is both loopback addresses: clients differ
 * in which they try first, and a browser that gets no answer on one may give up or find another program.
 */
export function bindTargets(
  address: ListenAddress,
  all: readonly ListenAddress[],
  isShared: boolean,
): BindTarget[] {
  const host = address.host.toLowerCase();
  const usual = { ipv6Only: false, optional: false, isShared };
  if (host === 'localhost') {
    return ['127.0.0.1', '::1'].map((loopback) => ({ ...usual, host: loopback, optional: true }));
  }
  if (host === '' || host === '*') return [{ ...usual, host: undefined }];
  // `::` takes IPv4 too unless told otherwise, which would clash with an IPv4 listener of the same port.
  const besideIpv4 = all.some((other) => other.port === address.port && /^\d+(\.\d+){3}$/.test(other.host));
  return [{ ...usual, host: address.host, ipv6Only: host === '::' && besideIpv4 && address.port !== 0 }];
}

/** The address as `interface` spells it, such as `wss://[::1]:8884`. */
export function listenUrl(address: ListenAddress): string {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `${address.secure ? 'wss' : 'ws'}://${host}:${address.port}`;
}

const REASONS: Record<string, string> = {
  EADDRINUSE: 'address already in use',
  EACCES: 'no permission to listen',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAFNOSUPPORT: 'this machine lacks that address family',
  ENOTFOUND: 'host name not known',
  EAI_AGAIN: 'host name cannot be resolved at the moment',
  EMFILE: 'no file descriptor left',
};

/** One line that names the configuration key and the address. */
export function listenProblem(address: ListenAddress, error: unknown): string {
  const code = errorCode(error);
  const reason = REASONS[code ?? ''] ?? errorMessage(error);
  return `interface: ${reason}: ${listenUrl(address)}`;
}

/** Whether the error may go away: the network comes up, a name can be resolved, another program ends. */
export function mayComeLater(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EADDRINUSE', 'ENOTFOUND', 'EAI_AGAIN', 'ENETDOWN'].includes(
    errorCode(error) ?? '',
  );
}

/** Whether the error says that the machine lacks the address or its family. */
export function isAddressMissing(error: unknown): boolean {
  return ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'].includes(errorCode(error) ?? '');
}
