import { MAX_UINT16 } from '../core/event.ts';
import type { Parsed } from '../vscp/event.ts';
import { parseUint } from '../vscp/number-text.ts';

/** Matches any class or type in a rule. */
export const ANY = -1;

/** A class and type that a user may send (`tx`), receive (`rx`), or both. */
export interface EventRule {
  direction: 'tx' | 'rx' | 'both';
  /** 0-65535 or ANY. */
  vscpClass: number;
  /** 0-65535 or ANY. */
  vscpType: number;
}

function parseCode(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === '*') return ANY;
  const code = parseUint(trimmed, MAX_UINT16);
  return code < 0 ? undefined : code;
}

/** Reads `[TX;|RX;|BOTH;]class:type`. A rule without a prefix is about sending, as such lists always were. */
function parseRule(text: string): Parsed<EventRule> {
  const refused = { ok: false, reason: `bad event rule ${JSON.stringify(text.slice(0, 60))}` } as const;
  const match = /^(?:(tx|rx|both)\s*;)?([^:;]+):([^:;]+)$/i.exec(text);
  if (match === null) return refused;
  const [, prefix = 'tx', classText = '', typeText = ''] = match;
  const vscpClass = parseCode(classText);
  const vscpType = parseCode(typeText);
  if (vscpClass === undefined || vscpType === undefined) return refused;
  const word = prefix.toLowerCase();
  const direction = word === 'rx' || word === 'both' ? word : 'tx';
  return { ok: true, value: { direction, vscpClass, vscpType } };
}

/**
 * Reads rules from a text, separated by commas or slashes, or from a list of such texts. No value = no rules.
 */
export function parseEventRules(value: unknown): Parsed<EventRule[]> {
  if (value === undefined || value === null) return { ok: true, value: [] };
  const rules: EventRule[] = [];
  for (const entry of Array.isArray(value) ? value : [value]) {
    if (typeof entry !== 'string') return { ok: false, reason: 'event rules are a text or a list of texts' };
    for (const part of entry.split(/[,/]/)) {
      const text = part.trim();
      if (text === '') continue;
      const rule = parseRule(text);
      if (!rule.ok) return rule;
      rules.push(rule.value);
    }
  }
  return { ok: true, value: rules };
}

/** Without a rule for the direction everything is allowed; otherwise one of the rules has to match. */
function allows(
  rules: readonly EventRule[],
  direction: 'tx' | 'rx',
  vscpClass: number,
  vscpType: number,
): boolean {
  let restricted = false;
  for (const rule of rules) {
    if (rule.direction !== direction && rule.direction !== 'both') continue;
    restricted = true;
    const classMatches = rule.vscpClass === ANY || rule.vscpClass === vscpClass;
    if (classMatches && (rule.vscpType === ANY || rule.vscpType === vscpType)) return true;
  }
  return !restricted;
}

/** Whether a client with these rules may send such an event. */
export function mayTransmit(rules: readonly EventRule[], vscpClass: number, vscpType: number): boolean {
  return allows(rules, 'tx', vscpClass, vscpType);
}

/** Whether a client with these rules gets such an event. */
export function mayReceive(rules: readonly EventRule[], vscpClass: number, vscpType: number): boolean {
  return allows(rules, 'rx', vscpClass, vscpType);
}

function formatCode(code: number): string {
  return code === ANY ? '*' : code.toString(16).toUpperCase().padStart(4, '0');
}

/**
 * What the user may send, as AUTH1 reports it: class and type as four hex digits or `*`, rules joined with
 * `/`. Leaves out the rules that are for receiving only, because the form cannot tell them apart.
 */
export function formatEventRules(rules: readonly EventRule[]): string {
  return rules
    .filter((rule) => rule.direction !== 'rx')
    .map((rule) => `${formatCode(rule.vscpClass)}:${formatCode(rule.vscpType)}`)
    .join('/');
}
