import type { StateChange } from '../../../src/client/index.ts';
import { chosenTheme, switchTheme } from './device/theme.ts';
import { t } from './texts.ts';
import { h, type IconName, icon, setAttribute, setText } from './ui/dom.ts';
import { formatNumber } from './ui/format.ts';
import { Pace } from './ui/pace.ts';
import type { View } from './ui/view.ts';

const RATE_WINDOW_MS = 1000;
const THEME_WORDS = { system: t('as the system'), light: t('light'), dark: t('dark') };

export interface Page {
  id: string;
  title: string;
  view: View;
  /** In the navigation; pages without one are reached from others. */
  icon?: IconName;
}

export interface ShellOptions {
  title: string;
  user: string;
  pages: Page[];
  eventCount: () => number;
  /** In the bar, before the account. */
  tools: HTMLElement[];
  onRetry: () => void;
  /** Asks for a frame. */
  request: () => void;
  /** What the user should know, shown on top of the pages. */
  notices: HTMLElement[];
}

/** The frame around the pages: title, navigation, state of the connection. */
export class Shell {
  readonly element: HTMLElement;
  readonly #options: ShellOptions;
  readonly #main = h('main', { id: 'main', tabindex: -1 });
  readonly #links = new Map<string, HTMLAnchorElement>();
  readonly #pill = h('span', { class: 'pill', role: 'status' });
  readonly #rate = h('span', { class: 'rate', title: t('Events per second') });
  readonly #bannerText = h('span');
  readonly #banner: HTMLElement;
  readonly #theme: HTMLButtonElement;
  readonly #ratePace = new Pace(RATE_WINDOW_MS);
  #ratedCount = 0;
  #ratedAt = Date.now();
  #retryAt = 0;
  #state: StateChange = { state: 'online', reconnects: 0 };
  #page: Page | undefined;
  readonly #onHash = () => this.#route(true);

  constructor(options: ShellOptions) {
    this.#options = options;
    const retry = h('button', { type: 'button', onclick: options.onRetry }, t('Retry now'));
    this.#banner = h('div', { class: 'banner', role: 'status', hidden: true }, this.#bannerText, retry);
    this.#theme = h(
      'button',
      { type: 'button', class: 'plain', onclick: () => this.#changeTheme() },
      icon('theme'),
    );
    this.#labelTheme();
    const label = t('Account of {user}', { user: options.user });
    const account = h(
      'a',
      { class: 'bar-link', href: '#account', 'aria-label': label, title: label },
      icon('account'),
    );
    const nav = h('nav', { 'aria-label': t('Pages') });
    for (const { id, title, icon: name } of options.pages) {
      if (name === undefined) continue;
      const link = h('a', { href: `#${id}` }, icon(name), h('span', {}, title));
      this.#links.set(id, link);
      nav.append(link);
    }
    this.element = h(
      'div',
      { class: 'shell' },
      h(
        'a',
        { class: 'skip', href: '#main', onclick: (event: Event) => this.#skip(event) },
        t('Skip to content'),
      ),
      h(
        'header',
        { class: 'bar' },
        h('h1', {}, options.title),
        this.#pill,
        h('span', { class: 'space' }),
        this.#rate,
        this.#theme,
        ...options.tools,
        account,
      ),
      nav,
      h('div', { class: 'stage' }, ...options.notices, this.#banner, this.#main),
    );
    addEventListener('hashchange', this.#onHash);
    this.#route(false);
    this.connection(this.#state);
  }

  get page(): Page | undefined {
    return this.#page;
  }

  /** After the login the keyboard and the screen reader go on here. */
  focus(): void {
    this.#main.focus({ preventScroll: true });
  }

  leave(): void {
    removeEventListener('hashchange', this.#onHash);
    this.element.remove();
  }

  connection(change: StateChange): void {
    this.#state = change;
    this.#retryAt = Date.now() + (change.retryInMs ?? 0);
    const words = {
      online: t('Connected'),
      connecting: t('Connecting…'),
      waiting: t('Disconnected'),
      offline: t('Offline'),
    };
    setText(this.#pill, words[change.state]);
    setAttribute(this.#pill, 'data-state', change.state);
    this.render(Date.now());
  }

  render(now: number): void {
    const isOnline = this.#state.state === 'online';
    setAttribute(this.#banner, 'hidden', isOnline ? '' : undefined);
    if (!isOnline) {
      const seconds = Math.max(0, Math.ceil((this.#retryAt - now) / 1000));
      const next =
        this.#state.state === 'waiting' && seconds > 0
          ? t('Next try in {seconds} s.', { seconds })
          : t('Trying again…');
      setText(this.#bannerText, `${t('The connection is lost; values are from before.')} ${next}`);
    }
    if (this.#ratePace.isDue(now)) this.#renderRate(now);
    this.#page?.view.render(now);
  }

  #renderRate(now: number): void {
    const count = this.#options.eventCount();
    const rate = ((count - this.#ratedCount) * 1000) / Math.max(1, now - this.#ratedAt);
    this.#ratedCount = count;
    this.#ratedAt = now;
    setText(this.#rate, t('{rate} events/s', { rate: formatNumber(rate, rate < 9.5 ? 1 : 0) }));
  }

  #route(hasMoved: boolean): void {
    const id = location.hash.slice(1);
    const page = this.#options.pages.find((candidate) => candidate.id === id) ?? this.#options.pages[0];
    if (page === undefined || page === this.#page) return;
    // Out of the document a dialog would stay open and could not be opened again.
    for (const dialog of this.#main.querySelectorAll<HTMLDialogElement>('dialog[open]')) dialog.close();
    this.#page?.view.leave?.();
    this.#page = page;
    for (const [linkId, link] of this.#links)
      setAttribute(link, 'aria-current', linkId === page.id ? 'page' : undefined);
    document.title = `${page.title} · ${this.#options.title}`;
    // Focus and scrolling have the browser lay out what is there: while it is empty, that is little.
    this.#main.replaceChildren();
    if (hasMoved) {
      this.#main.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    this.#main.append(page.view.element);
    this.#options.request();
  }

  #skip(event: Event): void {
    event.preventDefault();
    this.#main.focus();
  }

  #changeTheme(): void {
    switchTheme();
    this.#labelTheme();
  }

  #labelTheme(): void {
    const label = t('Theme: {theme}', { theme: THEME_WORDS[chosenTheme()] });
    setAttribute(this.#theme, 'aria-label', label);
    setAttribute(this.#theme, 'title', label);
  }
}
