import type { Logger } from '../logging/logger.ts';
import type { AccountGuard, LoginOrigin } from './account-guard.ts';
import type { LoginFailure, LoginVerdict } from './login.ts';
import type { Credentials } from './login-crypto.ts';
import { LoginMemory } from './login-memory.ts';
import { type PasswordHash, samePasswordHash, UNMATCHABLE_HASH, verifyPassword } from './password.ts';
import { passwordWeakness } from './password-rules.ts';
import { addressIsLoopback, remoteAllowed } from './remotes.ts';
import { isWellKnown } from './sample-passwords.ts';
import type { User, UserSource } from './user.ts';

const MAX_LOGGED_NAME = 64;

/** Used if there are no credentials, so that the driver does the same work. */
const NOBODY: Credentials = { user: '', password: '' };

/** A login with a password. */
export interface PasswordAttempt {
  remoteAddress: string;
  origin: LoginOrigin;
  /** The right that the user needs; a RIGHT_… bit. */
  right: number;
  /** The credentials in the login; undefined if it holds none. */
  open(): Credentials | undefined;
  /** Why to refuse the login without opening it; undefined = open it. */
  refusal: LoginFailure | undefined;
}

/** A value for the log: characters that could end the line or look like another field become underscores. */
export function logValue(text: string): string {
  const safe = text.slice(0, MAX_LOGGED_NAME).replace(/[^\p{L}\p{N}.:%@+~-]/gu, '_');
  return safe === '' ? '-' : safe;
}

/**
 * Decides on a login with a password. Whatever is wrong, it does the work of one password check. Only a
 * password that was right before, and still is, costs less.
 */
export class PasswordGate {
  readonly #users: UserSource;
  readonly #guard: AccountGuard;
  readonly #log: Logger;
  readonly #memory: LoginMemory;
  /** Names of users whose weak passwords have been reported. */
  readonly #weakUsers = new Set<string>();

  /** @param memory for verified passwords; allocated if not given */
  constructor(
    { users, log, memory }: { users: UserSource; log: Logger; memory?: Uint8Array | undefined },
    guard: AccountGuard,
  ) {
    this.#users = users;
    this.#guard = guard;
    this.#log = log;
    this.#memory = new LoginMemory(memory);
  }

  forget(names: readonly string[]): void {
    this.#memory.forget(names);
  }

  async judge(attempt: PasswordAttempt): Promise<LoginVerdict> {
    const users = this.#users;
    const opened = attempt.refusal === undefined ? attempt.open() : undefined;
    const { user: name, password } = opened ?? NOBODY;
    let hash: PasswordHash;
    let user: User | undefined;
    let isRight: boolean;
    let isKnown: boolean;
    do {
      user = users.get(name);
      hash = user?.password ?? UNMATCHABLE_HASH;
      isKnown = this.#memory.knows(name, hash, password);
      // A login that is refused costs the full work, even with a known password.
      if (isKnown && opened !== undefined && this.#failureOf(attempt, user, true, password) === undefined) {
        isRight = true;
        break;
      }
      isRight = await verifyPassword(hash, name, password);
      user = users.get(name);
      // If the password was changed meanwhile, the login is judged again.
    } while (!samePasswordHash(user?.password ?? UNMATCHABLE_HASH, hash));
    const missing = opened === undefined ? 'bad-cipher' : undefined;
    const failure = attempt.refusal ?? missing ?? this.#failureOf(attempt, user, isRight, password);
    if (user === undefined || failure !== undefined) return { user, failure, isLocal: false };
    if (!isKnown) {
      this.#memory.remember(name, hash, password);
      this.#noteWeakness(user, password, attempt);
    }
    return { user, failure, isLocal: isWellKnown(user, password) };
  }

  /** Logged once per user, without saying what makes the password weak: that would reveal it in the log. */
  #noteWeakness({ name }: User, password: string, { remoteAddress }: PasswordAttempt): void {
    if (passwordWeakness(name, password) === undefined || this.#weakUsers.has(name)) return;
    this.#weakUsers.add(name);
    this.#log[addressIsLoopback(remoteAddress) ? 'warn' : 'err'](
      `the password of user ${logValue(name)} is soon guessed; make another one with mkpasswd`,
    );
  }

  #failureOf(
    { remoteAddress, right, origin }: PasswordAttempt,
    user: User | undefined,
    isRight: boolean,
    password: string,
  ): LoginFailure | undefined {
    if (user === undefined) return 'unknown-user';
    if (!isRight) return 'wrong-password';
    if (isWellKnown(user, password) && !addressIsLoopback(remoteAddress)) return 'sample-password';
    if (!remoteAllowed(user.remotes, remoteAddress)) return 'address-not-allowed';
    if ((user.rights & right) === 0) return 'no-right';
    return this.#guard.admits(user.name, origin) ? undefined : 'too-many-guesses';
  }
}
