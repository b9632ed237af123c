/** Guesses at one account within the window that are looked at, of each of the two kinds of strangers. */
const MAX_GUESSES = 5;
const WINDOW_MS = 60_000;
/** Networks and cipher texts remembered per account: only its own logins can push one out. */
const MAX_REMEMBERED = 64;
/** Networks that anybody has logged in from. */
const MAX_NETWORKS = 4096;

/** Where a login came from, and how. */
export interface LoginOrigin {
  /** See networkOf. */
  network: string;
  /** Whether a login from that network failed within the last hour. */
  failedLately: boolean;
  /**
   * The first block of the cipher text where the client chose the iv by itself; undefined where the session's
   * own id was the iv.
   */
  firstBlock: string | undefined;
}

interface Account {
  /** Where the user has logged in from, the latest at the end. */
  readonly networks: Set<string>;
  /** First blocks of logins with a free iv that were right. */
  readonly blocks: Set<string>;
  /** Times of the latest guesses of strangers: those that had not failed before, and those that had. */
  readonly fresh: number[];
  readonly repeated: number[];
}

/**
 * Limits how often strangers may guess at one account, whatever number of addresses they have. A stranger is a
 * network from which that user has not logged in since the driver opened. Beyond ten guesses a minute, a
 * stranger's right password is refused like a wrong one; half of the ten is for networks without a failure, so
 * that an attacker has to spend a new address on each guess to keep out an owner who is somewhere new.
 *
 * This is the only thing that the name in a failed login changes, and it shows in nothing but whether a later
 * right login of a stranger is let in. Lest it be tried out with recorded logins turned to other names, a cipher
 * text that was right before is let in again: it is no guess. (With the session's id as iv, nothing can be
 * turned or sent again.)
 */
export class AccountGuard {
  readonly #now: () => number;
  /** By user name; users that exist only. */
  readonly #accounts = new Map<string, Account>();
  readonly #networks = new Set<string>();

  /** @param now monotonic time in ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether anybody has logged in from that network. */
  knows(network: string): boolean {
    return this.#networks.has(network);
  }

  /** Whether a right password for that user may be taken as such. */
  admits(name: string, origin: LoginOrigin): boolean {
    const account = this.#accounts.get(name);
    if (account === undefined || account.networks.has(origin.network)) return true;
    if (origin.firstBlock !== undefined && account.blocks.has(origin.firstBlock)) return true;
    return this.#mayGuess(guessesOf(account, origin));
  }

  /** Notes a wrong password for a user that exists. */
  guessed(name: string, origin: LoginOrigin): void {
    const account = this.#account(name);
    if (account.networks.has(origin.network)) return;
    const guesses = guessesOf(account, origin);
    // What is not looked at is no guess.
    if (!this.#mayGuess(guesses)) return;
    guesses.push(this.#now());
    if (guesses.length > MAX_GUESSES) guesses.shift();
  }

  /** Notes a login. */
  entered(name: string, { network, firstBlock }: LoginOrigin): void {
    const account = this.#account(name);
    remember(account.networks, network, MAX_REMEMBERED);
    remember(this.#networks, network, MAX_NETWORKS);
    if (firstBlock !== undefined) remember(account.blocks, firstBlock, MAX_REMEMBERED);
  }

  #account(name: string): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = { networks: new Set(), blocks: new Set(), fresh: [], repeated: [] };
      this.#accounts.set(name, account);
    }
    return account;
  }

  #mayGuess(guesses: readonly number[]): boolean {
    return guesses.length < MAX_GUESSES || (guesses[0] ?? 0) <= this.#now() - WINDOW_MS;
  }
}

function guessesOf(account: Account, { failedLately }: LoginOrigin): number[] {
  return failedLately ? account.repeated : account.fresh;
}

function remember(set: Set<string>, entry: string, max: number): void {
  set.delete(entry);
  set.add(entry);
  if (set.size <= max) return;
  for (const oldest of set) {
    set.delete(oldest);
    return;
  }
}
