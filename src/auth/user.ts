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
  /** Whether events may carry a GUID of the client's choice; else they get the session's. */
  maySetGuid: boolean;
  /** Where the user may come from; empty = anywhere. */
  remotes: AddressRule[];
  /** What the user may send and receive; empty = everything. */
  events: EventRule[];
  /** What a session of the user starts with. */
  filter: FilterMask;
  password: PasswordHash;
}

/** Where users are looked up; the database may change behind it. */
export interface UserSource {
  get(name: string): User | undefined;
}
