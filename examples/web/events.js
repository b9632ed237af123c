// The smallest page that is of use: logs in over ws2 and lists what happens. WebCrypto is there on localhost and
// on https pages only; from elsewhere use the client library, which brings its own AES.

const ROWS_SHOWN = 200;

const form = document.querySelector('#login');
const state = document.querySelector('#state');
const rows = document.querySelector('#events');

const toHex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

/** AES-128-CBC over `user:password` with the first 16 bytes of the key, as the ws2 AUTH command wants it. */
async function encryptLogin({ user, password, key }) {
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const aesKey = await crypto.subtle.importKey('raw', fromHex(key.trim()).slice(0, 16), 'AES-CBC', false, [
    'encrypt',
  ]);
  const text = new TextEncoder().encode(`${user}:${password}`);
  const cipher = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, aesKey, text);
  return { iv: toHex(iv), crypto: toHex(new Uint8Array(cipher)) };
}

function show(event) {
  const { vscpDateTime, vscpClass, vscpType, vscpGuid, vscpData } = event;
  const data = vscpData.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  const row = document.createElement('tr');
  for (const text of [vscpDateTime.replace(/[TZ]/g, ' '), vscpClass, vscpType, vscpGuid, data]) {
    row.insertCell().textContent = text;
  }
  rows.prepend(row);
  while (rows.children.length > ROWS_SHOWN) rows.lastChild.remove();
}

let socket;

function connect(login) {
  socket?.close();
  socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/ws2`);
  const own = socket;
  const command = (name, args = null) => own.send(JSON.stringify({ type: 'CMD', command: name, args }));

  own.onmessage = async ({ data }) => {
    const frame = JSON.parse(data);
    if (frame.type === 'EVENT') show(frame.event);
    else if (frame.type === '-') state.textContent = `${frame.command}: ${frame.errstr}`;
    else if (frame.args?.[0] === 'AUTH0') command('AUTH', await encryptLogin(login));
    else if (frame.command === 'AUTH') command('OPEN');
    else if (frame.command === 'OPEN') state.textContent = `Live, as ${login.user}`;
  };
  own.onclose = ({ code }) => {
    if (own === socket) state.textContent = `Connection closed (${code})`;
  };
  state.textContent = 'Connecting …';
}

form.addEventListener('submit', (submit) => {
  submit.preventDefault();
  connect(Object.fromEntries(new FormData(form)));
});
