type Child = Node | string | false | undefined;
type Properties = Record<string, string | number | boolean | undefined | ((event: never) => void)>;

const SVG = 'http://www.w3.org/2000/svg';

function fill(element: Element, properties: Properties, children: Child[]): void {
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== false && child !== undefined),
  );
}

/** An element with attributes (`onclick` and the like are listeners) and children. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  fill(element, properties, children);
  return element;
}

export function svg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  properties: Properties = {},
  ...children: Child[]
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(SVG, tag);
  fill(element, properties, children);
  return element;
}

/**
 * Touches the document only when the text differs, and then the text alone: a new node would have the browser
 * look at every `:has()` of the style sheet again.
 */
export function setText(node: Node, text: string): void {
  const { firstChild: only } = node;
  if (only instanceof Text && only === node.lastChild) {
    if (only.data !== text) only.data = text;
  } else if (node.textContent !== text) node.textContent = text;
}

export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Makes these the children, in this order; what stays is not touched. */
export function setChildren(parent: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  let next = parent.firstElementChild;
  for (const child of children) {
    if (child === next) next = next.nextElementSibling;
    else parent.insertBefore(child, next);
  }
}

/**
 * Changes what is in an element. What had the focus and was moved has it again; a focus that would be lost with what
 * is gone goes to the page, not out of it.
 */
export function keepFocus(element: HTMLElement, change: () => void): void {
  const { activeElement } = document;
  const hadFocus = element.contains(activeElement);
  change();
  const isLost = () => hadFocus && !element.contains(document.activeElement);
  if (isLost() && activeElement instanceof HTMLElement && element.contains(activeElement))
    activeElement.focus();
  if (isLost()) element.closest('main')?.focus({ preventScroll: true });
}

const ICONS = {
  overview: 'M4 4h7v7H4zM13 4h7v4h-7zM13 10h7v10h-7zM4 13h7v7H4z',
  plot: 'M4 19h16M4 15l5-6 4 4 7-8',
  switches: 'M8 7h8a5 5 0 0 1 0 10H8A5 5 0 0 1 8 7zM16 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  events: 'M5 6h14M5 12h14M5 18h9',
  send: 'M4 12 20 4l-5 16-4-7z',
  nodes:
    'M12 4v5M12 9l-6 6M12 9l6 6M12 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM6 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM18 15a2 2 0 1 0 0 4 2 2 0 0 0 0-4z',
  theme: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  account: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4 20a8 8 0 0 1 16 0',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4',
  bellOff: 'M6 17V11a6 6 0 0 1 12 0v6l2 2H4zM10 21h4M4 3l17 18',
  pause: 'M8 5v14M16 5v14',
  play: 'M8 5l11 7-11 7z',
  close: 'M6 6l12 12M18 6 6 18',
  move: 'M12 3v18M3 12h18M12 3l-3 3M12 3l3 3M12 21l-3-3M12 21l3-3M3 12l3-3M3 12l3 3M21 12l-3-3M21 12l-3 3',
  star: 'M12 4l2.4 5.2 5.6.6-4.2 3.8 1.2 5.6-5-2.9-5 2.9 1.2-5.6L4 9.8l5.6-.6z',
  sofa: 'M5 11V7a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v4M3 11h3v4h12v-4h3v7H3zM6 18v2M18 18v2',
  kitchen: 'M5 10h14v7a3 3 0 0 1-3 3H8a3 3 0 0 1-3-3zM2 12h3M19 12h3M9 7c0-2 2-2 2-4M13 7c0-2 2-2 2-4',
  bed: 'M3 19V6M3 16h18M21 19v-5a3 3 0 0 0-3-3H3M7 11V9h4v2',
  bath: 'M3 12h18v2a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5zM6 12V6a2 2 0 0 1 4 0M7 19v2M17 19v2',
  garden: 'M12 21v-7M12 14a5 5 0 0 1-4-8 4 4 0 0 1 8 0 5 5 0 0 1-4 8z',
  garage: 'M4 20V9l8-5 8 5v11M7 20v-8h10v8M7 16h10',
  door: 'M6 21V4h12v17M3 21h18M14.5 12v1',
  cellar: 'M3 20h4v-4h4v-4h4V8h6',
  office: 'M4 5h16v10H4zM12 15v4M8 19h8',
  energy: 'M13 3 5 14h6l-1 7 8-11h-6z',
  water: 'M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z',
} as const;
export type IconName = keyof typeof ICONS;
/** Those that rooms can have. */
export const ROOM_ICONS: readonly IconName[] = [
  ...(['sofa', 'kitchen', 'bed', 'bath', 'garden', 'garage'] as const),
  ...(['door', 'cellar', 'office', 'energy', 'water', 'star'] as const),
];

export function isIcon(name: string): name is IconName {
  return Object.hasOwn(ICONS, name);
}

/** A line icon; purely decorative, so the control it sits in needs a name of its own. */
export function icon(name: IconName): SVGSVGElement {
  return svg(
    'svg',
    { viewBox: '0 0 24 24', class: 'icon', 'aria-hidden': 'true' },
    svg('path', { d: ICONS[name] }),
  );
}
