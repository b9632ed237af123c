import type { FilterMask } from '../vscp/filter.ts';
import type { EventRule } from './event-rules.ts';
import type { PasswordHash } from './password.ts';
import type { AddressRule } from './remotes.ts';

/** A user of the user database. */
export interface User {
  /** Place in the file, from 1. */
  id: number;
  /** Holds no `:`, no `;` and no control characters. */
  name: string;
  fullname: string;
  note: string;
  /** RIGHT_… bits, unsigned 32. */
  rights: number;
  /** Whether the client may choose the GUID of its events; otherwise they get the session's GUID. */
  maySetGuid: boolean;
  /** The addresses that the user may come from; empty = any. */
  remotes: AddressRule[];
  /** What the user may send and receive; empty = everything. */
  events: EventRule[];
  /** The filter that a session of the user starts with. */
  filter: FilterMask;
  password: PasswordHash;
}

/** Looks up users; what it returns may change when the user database is edited. */
export interface UserSource {
  get(name: string): User | undefined;
}
