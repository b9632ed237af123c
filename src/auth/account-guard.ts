/** Guesses at one account that are looked at within the window, for each of the two kinds of strangers. */
const MAX_GUESSES = 5;
const WINDOW_MS = 60_000;
/** Networks and cipher texts remembered per account: only the account's own logins can push one out. */
const MAX_REMEMBERED = 64;
/** Networks remembered because somebody has logged in from them. */
const MAX_NETWORKS = 4096;

/** Where a login came from, and how. */
export interface LoginOrigin {
  /** See networkOf. */
  network: string;
  /** Whether a login from that network failed within the last hour. */
  failedLately: boolean;
  /**
   * The first block of the cipher text if the client chose the iv itself; undefined if the iv was the session
   * id.
   */
  firstBlock: string | undefined;
}

interface Account {
  /** Where the user has logged in from, the latest at the end. */
  readonly networks: Set<string>;
  /** First blocks of successful logins with a free iv. */
  readonly blocks: Set<string>;
  /** Times of the latest guesses by strangers: by those that had not failed before, and by those that had. */
  readonly fresh: number[];
  readonly repeated: number[];
}

/**
 * Limits how often strangers may guess at one account, however many addresses they have. A stranger is a
 * network from which that user has not logged in since the driver opened. Beyond ten guesses a minute, the
 * driver refuses a stranger's right password like a wrong one; half of the ten are for networks without a
 * failure, so that an attacker has to spend a new address on each guess to keep out an owner who is somewhere
 * new.
 *
 * This is the only thing that the name in a failed login changes, and the only visible effect is whether a
 * stranger's later right login is let in. Nobody can test this with recorded logins that were changed to
 * other names, because a cipher text that was right before is let in again: it is not a guess. (If the iv is
 * the session id, a login can be neither changed nor replayed.)
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

  /** Whether somebody has logged in from that network. */
  knows(network: string): boolean {
    return this.#networks.has(network);
  }

  /** Whether a right password for that user may be accepted. */
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
    // A login that is not looked at is not a guess.
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
