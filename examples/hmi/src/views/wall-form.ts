import type { WallScreen } from '../device/wall-screen.ts';
import { t } from '../texts.ts';
import { h } from '../ui/dom.ts';
import { field, hint } from '../ui/form-parts.ts';

const USUAL_NIGHT = { from: '22:00', to: '06:30' };

/** For a screen on the wall: full screen, stays on, kiosk, dim at night; all on this device alone. */
export function wallForm(screen: WallScreen): HTMLElement {
  const full = h('button', { type: 'button', onclick: () => void toggleFullScreen() }, t('Full screen'));
  full.hidden = !document.fullscreenEnabled;
  const awake = h('input', { type: 'checkbox', checked: screen.isKeptAwake, disabled: !screen.canKeepAwake });
  awake.addEventListener('change', () => {
    screen.isKeptAwake = awake.checked;
  });
  const kiosk = h('input', { type: 'checkbox', checked: screen.isKiosk });
  kiosk.addEventListener('change', () => {
    screen.isKiosk = kiosk.checked;
  });
  const { night } = screen;
  const dim = h('input', { type: 'checkbox', checked: night !== undefined });
  const from = h('input', { type: 'time', id: 'night-from', value: (night ?? USUAL_NIGHT).from });
  const to = h('input', { type: 'time', id: 'night-to', value: (night ?? USUAL_NIGHT).to });
  for (const input of [dim, from, to]) {
    input.addEventListener('change', () => {
      const hasHours = from.value !== '' && to.value !== '';
      screen.night = dim.checked && hasHours ? { from: from.value, to: to.value } : undefined;
    });
  }
  return h(
    'section',
    { class: 'card account-card form', 'aria-labelledby': 'screen-title' },
    h('h3', { id: 'screen-title' }, t('This screen')),
    h('div', { class: 'row' }, full),
    h('label', { class: 'check' }, awake, t('Keep the screen on')),
    !screen.canKeepAwake && hint(t('This browser keeps the screen on only for pages with https.')),
    h('label', { class: 'check' }, kiosk, t('Kiosk: hide the bar and the menu')),
    hint(
      t(
        'The button in the corner brings them back; a minute after the last touch the overview is shown alone again.',
      ),
    ),
    h('label', { class: 'check' }, dim, t('Dim it at night, until somebody touches it')),
    h('div', { class: 'row filters' }, field(t('From'), from), field(t('Until'), to)),
  );
}

async function toggleFullScreen(): Promise<void> {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await document.documentElement.requestFullscreen();
  } catch {
    // The browser does not let it; its own menu may.
  }
}
