import { BadInputError, parseGuid, unitsOf } from '../../../../src/client/index.ts';
import { measurementName } from '../../../../src/client/names.ts';
import type { Limit } from '../alarms/alarm.ts';
import { LimitForm } from '../alarms/limit-form.ts';
import { diff, type JsonObject } from '../saved/merge-patch.ts';
import type { Save } from '../saved/panel-document.ts';
import { failureText } from '../session/login-problem.ts';
import type { Series } from '../store/store.ts';
import { t } from '../texts.ts';
import { h, setAttribute, setText } from '../ui/dom.ts';
import { confirmButton, dialogWith, field, hint, openDialog, select } from '../ui/form-parts.ts';
import { PlaceForm, type PlaceFormOptions } from '../views/overview/place-form.ts';
import type { ControlSpec, Setting } from './control.ts';
import { CONTROL_KINDS, SCENE } from './kinds.ts';
import { BLANK_SPEC } from './spec.ts';
import { StepsForm, type Thing } from './steps-form.ts';

/** Quantities that set-points usually have: temperature, humidity, illuminance, power, pressure, flow. */
const QUANTITIES = [6, 35, 25, 14, 12, 36];
const LEVEL2_GUID = 'control-guid';

export interface ControlDialogOptions extends PlaceFormOptions {
  /** What scenes can do something with. */
  things: () => readonly Thing[];
  /** Whether it is in what people set up, and so can be removed. */
  isSaved: (id: string) => boolean;
  /** By the server's clock, in milliseconds. */
  serverTime: () => number;
}

/** A control as the dialog opens it; without a spec it is a new one. */
export interface ControlTarget {
  id: string;
  spec: ControlSpec | undefined;
  /** Whether a new one begins as a scene. */
  isScene: boolean;
  name: string;
  room: string;
  usualRoom: string;
  isHidden: boolean;
  /** What its node has told; undefined = nothing that can have a limit. */
  past: Series | undefined;
  limit: Limit | undefined;
}

/** Sets a control up: kind, address, what it sends, name and room. */
export class ControlDialog {
  readonly element: HTMLDialogElement;
  readonly #options: ControlDialogOptions;
  readonly #title = h('h3', { id: 'control-title' });
  readonly #kind = select(
    'control-kind',
    Object.entries(CONTROL_KINDS).map(([value, { title }]) => [value, title] as const),
  );
  readonly #hint = hint();
  readonly #zone = byteField('control-zone', t('Zone'));
  readonly #subzone = byteField('control-subzone', t('Sub-zone'));
  readonly #index = byteField('control-index', t('Index'));
  readonly #guid = h('input', { id: LEVEL2_GUID, type: 'text', spellcheck: 'false', autocomplete: 'off' });
  readonly #address: HTMLElement;
  readonly #settings = h('div', { class: 'form' });
  readonly #steps: StepsForm;
  readonly #limit: LimitForm;
  readonly #place: PlaceForm;
  readonly #remove: HTMLElement;
  readonly #problem = h('p', { class: 'problem', role: 'alert' });
  #spec: ControlSpec = BLANK_SPEC;
  #old: ControlSpec | undefined;
  #wasSaved = false;
  #id = '';
  #save: Save | undefined;
  #readSettings: (() => Partial<ControlSpec>)[] = [];

  constructor(options: ControlDialogOptions) {
    this.#options = options;
    this.#steps = new StepsForm(options.things);
    this.#kind.addEventListener('change', () => this.#showKind(this.#kind.value));
    this.#address = h(
      'div',
      { class: 'form' },
      h('div', { class: 'row filters' }, this.#zone.element, this.#subzone.element, this.#index.element),
      h(
        'details',
        {},
        h('summary', {}, t('Level II')),
        field(t('GUID of the interface'), this.#guid, hint(t('Empty: level I events.'))),
      ),
    );
    const above = h(
      'div',
      { class: 'form' },
      field(t('Kind'), this.#kind, this.#hint),
      this.#address,
      this.#settings,
      this.#steps.element,
    );
    this.#limit = new LimitForm(options.serverTime);
    this.#place = new PlaceForm({
      ...options,
      extra: { element: this.#limit.element, change: () => this.#limit.change() },
      more: {
        element: above,
        patch: () => ({ controls: { [this.#id]: this.#read() } }),
        isGone: () => this.#wasSaved && !options.isSaved(this.#id),
      },
      onSaved: (target, notice) => {
        this.element.close();
        this.#limit.tellSaved();
        options.onSaved(target, notice);
      },
    });
    this.#remove = h(
      'div',
      { class: 'row' },
      confirmButton(t('Remove'), t('this control'), () => void this.#delete()),
    );
    this.element = dialogWith(this.#title, this.#place.element, this.#remove, this.#problem);
  }

  open({ id, spec, isScene, past, limit, ...place }: ControlTarget): void {
    this.#id = id;
    this.#save = this.#options.begin();
    this.#old = spec;
    this.#spec = spec ?? BLANK_SPEC;
    const added = isScene ? t('Add a scene') : t('Add a control');
    setText(this.#title, spec === undefined ? added : t('Edit control'));
    setText(this.#problem, spec?.problems?.join(' ') ?? '');
    this.#kind.value = isScene ? SCENE : this.#spec.kind;
    this.#zone.input.value = String(this.#spec.zone);
    this.#subzone.input.value = String(this.#spec.subzone);
    this.#index.input.value = String(this.#spec.index);
    this.#guid.value = this.#spec.guid;
    this.#steps.open(this.#spec.steps);
    this.#showKind(this.#kind.value);
    this.#wasSaved = this.#options.isSaved(id);
    setAttribute(this.#remove, 'hidden', this.#wasSaved ? undefined : '');
    this.#limit.open(`c:${id}`, past, limit);
    this.#place.open({ ...place, section: 'items', id: `c:${id}` });
    openDialog(this.element);
  }

  #showKind(name: string): void {
    const kind = CONTROL_KINDS[name];
    if (kind === undefined) return;
    if (name !== this.#spec.kind) this.#spec = { ...BLANK_SPEC, ...kind.usual, kind: name };
    setText(this.#hint, kind.hint);
    this.#address.hidden = !kind.hasAddress;
    for (const { input } of [this.#zone, this.#subzone, this.#index]) input.disabled = !kind.hasAddress;
    this.#steps.element.hidden = this.#steps.element.disabled = name !== SCENE;
    this.#readSettings = [];
    this.#settings.replaceChildren(...kind.settings.map((setting) => this.#settingField(setting)));
  }

  #settingField(setting: Setting): HTMLElement {
    const id = `control-${setting.key}`;
    if (setting.key === 'form') {
      const input = select(
        id,
        setting.choices.map(([value, text]) => [value, text] as const),
      );
      input.value = this.#spec.form || (setting.choices[0]?.[0] ?? '');
      this.#readSettings.push(() => ({ form: input.value }));
      return field(setting.label, input);
    }
    if (setting.key === 'quantity') return this.#quantityField(id, setting.label);
    const { key, label, ...range } = setting;
    const input = h('input', { id, type: 'number', required: true, ...range, step: 'any' });
    input.value = String(this.#spec[key]);
    this.#readSettings.push(() => ({ [key]: input.valueAsNumber }));
    return field(label, input);
  }

  #quantityField(id: string, label: string): HTMLElement {
    const { type: chosen, unit } = this.#spec;
    const choices = [...new Set([...QUANTITIES, chosen])].flatMap((type) =>
      unitsOf(type)
        .slice(0, 4)
        .map((symbol, i) => [`${type}/${i}`, `${t(measurementName(type))}, ${symbol}`] as const),
    );
    const input = select(id, choices);
    input.value = `${chosen}/${unit}`;
    this.#readSettings.push(() => {
      const [type = 0, chosenUnit = 0] = input.value.split('/').map(Number);
      return { type, unit: chosenUnit };
    });
    return field(label, input);
  }

  /** What is to be saved; fields that this kind does not use are taken out. */
  #read(): JsonObject {
    const kind = CONTROL_KINDS[this.#kind.value];
    const spec: JsonObject = { kind: this.#kind.value };
    if (this.#spec.name !== '') spec.name = this.#spec.name;
    if (kind?.hasAddress) {
      const guid = this.#guid.value.trim();
      if (guid !== '') parseGuid(guid);
      spec.zone = this.#zone.input.valueAsNumber;
      spec.subzone = this.#subzone.input.valueAsNumber;
      spec.index = this.#index.input.valueAsNumber;
      if (guid !== '') spec.guid = guid;
      for (const read of this.#readSettings) Object.assign(spec, read());
      if (Number(spec.min) > Number(spec.max))
        throw new BadInputError(t('The lowest value is above the highest.'));
    } else {
      spec.steps = this.#steps.read();
    }
    return this.#changeTo(spec);
  }

  /** Only what was changed, so that what others change meanwhile stays; all of it when it is new or of another kind. */
  #changeTo(spec: JsonObject): JsonObject {
    const unset = Object.keys(BLANK_SPEC).filter((key) => !(key in spec));
    const whole = { ...Object.fromEntries(unset.map((key) => [key, null])), ...spec };
    const old = this.#old;
    if (old === undefined || old.problems || old.kind !== spec.kind || !this.#options.isSaved(this.#id))
      return whole;
    const usual = { ...BLANK_SPEC, ...CONTROL_KINDS[old.kind]?.usual };
    const fits = diff({ ...old }, { ...usual, ...spec });
    return Object.fromEntries(Object.entries(whole).filter(([key]) => key in fits));
  }

  async #delete(): Promise<void> {
    try {
      const result = await this.#save?.({
        controls: { [this.#id]: null },
        items: { [`c:${this.#id}`]: null },
      });
      if (result === undefined || result.isSaved) this.element.close();
      else setText(this.#problem, result.problem);
    } catch (error) {
      setText(this.#problem, failureText(error));
    }
  }
}

function byteField(id: string, label: string): { input: HTMLInputElement; element: HTMLElement } {
  const input = h('input', { id, type: 'number', min: 0, max: 255, step: 1, value: 0, required: true });
  return { input, element: field(label, input) };
}
