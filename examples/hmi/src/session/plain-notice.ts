import { recall, remember } from '../store/memory.ts';
import { t } from '../texts.ts';
import { h } from '../ui/dom.ts';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * Says once what a neighbour can see where the connection is not encrypted; `undefined` where nothing is to be said.
 * @param hasDefaultKey whether the server's key is the one that everybody knows
 */
export function plainNotice(url: string, hasDefaultKey: boolean): HTMLElement | undefined {
  const { protocol, hostname } = new URL(url);
  if (protocol === 'wss:' || LOOPBACK.test(hostname) || recall('plainNoticeRead')) return undefined;
  const notice = h(
    'div',
    { class: 'banner plain-notice', role: 'note' },
    h(
      'p',
      {},
      hasDefaultKey
        ? t(
            'This connection is not encrypted. Everybody in the same network can read what sensors tell and switches do, and your password when you log in, because the driver has the key that everybody knows.',
          )
        : t(
            'This connection is not encrypted. Everybody in the same network can read what sensors tell and switches do. Your password is encrypted, all else is not.',
          ),
      ' ',
      t(
        'To switch TLS on, run this on the server, restart the daemon, and open this page with https:// then:',
      ),
      ' ',
      h('code', {}, 'vscpl2drv-websocksrv init --tls self-signed'),
    ),
    h(
      'button',
      {
        type: 'button',
        onclick: () => {
          remember('plainNoticeRead', true);
          notice.remove();
        },
      },
      t('Understood'),
    ),
  );
  return notice;
}
