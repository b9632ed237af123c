import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSettings } from '../../src/config/load-settings.ts';
import { tempFolder } from './temp-folder.ts';

const folder = tempFolder();
const users = folder.file('users.xml', '<users/>');
const own = folder.file('own.xml', `<config path-users="${users}" max-clients="11"/>`);
const other = folder.file('other.xml', `<config path-users="${users}" max-clients="22"/>`);

const GUID = 'FF:FF:FF:FF:FF:FF:FF:F5:02:88:88:00:00:00:00:01';
const guid = Uint8Array.from(GUID.split(':'), (byte) => Number.parseInt(byte, 16));
const LIBRARY = '/var/lib/vscp/drivers/level2/libvscpl2drv-websocksrv.so';

function driver(config: string, entryGuid: string, library = '/x/libvscpl2drv-tcpipsrv.so'): string {
  return `<driver enable="true" name="d" path-driver="${library}" path-config="${config}" guid="${entryGuid}"/>`;
}

function daemon(...drivers: string[]): string {
  return `<vscpconfig><general/><level2driver enable="true">${drivers.join('')}</level2driver></vscpconfig>`;
}

async function maxClients(text: string, libraryPath?: string): Promise<number | string> {
  const context = libraryPath === undefined ? { guid } : { guid, libraryPath };
  const result = await loadSettings(text, context);
  return result.ok ? result.settings.maxClients : result.problems.join('\n');
}

const OTHER_GUID = GUID.replace(/01$/, '02');

test('a driver element leads to its path-config', async () => {
  assert.equal(await maxClients(driver(own, GUID)), 11);
  assert.equal(await maxClients(driver(own, '')), 11);
});

test('in a whole daemon document the entry with the own GUID is followed', async () => {
  assert.equal(await maxClients(daemon(driver(other, OTHER_GUID), driver(own, GUID.toLowerCase()))), 11);
  const file = folder.file('vscpd.conf', daemon(driver(other, OTHER_GUID), driver(own, GUID)));
  assert.equal(await maxClients(file), 11);
});

test('without the GUID the entry with the own library is followed', async () => {
  const text = daemon(driver(other, OTHER_GUID), driver(own, '', LIBRARY));
  assert.equal(await maxClients(text, LIBRARY), 11);
  assert.equal(await maxClients(text, '/opt/vscp/libvscpl2drv-websocksrv.so'), 11, 'by its file name');
});

test('the own GUID counts more than the library', async () => {
  const text = daemon(driver(other, OTHER_GUID, LIBRARY), driver(own, GUID, LIBRARY));
  assert.equal(await maxClients(text, LIBRARY), 11);
});

test('a JSON daemon document is searched the same way', async () => {
  const level2 = [
    { 'path-config': other, guid: OTHER_GUID },
    { 'path-config': own, guid: GUID, 'path-driver': LIBRARY },
  ];
  assert.equal(await maxClients(JSON.stringify({ drivers: { level1: [], level2 } })), 11);
});

test('path-config may itself be inline JSON, and is relative to the document that names it', async () => {
  const inline = JSON.stringify({ 'path-users': users, 'max-clients': 33 }).replaceAll('"', '&quot;');
  assert.equal(await maxClients(driver(inline, GUID)), 33);
  assert.equal(await maxClients(folder.file('entry.xml', driver('own.xml', GUID))), 11);
});

test('a document without the own entry is refused', async () => {
  assert.equal(
    await maxClients(daemon(driver(other, OTHER_GUID)), LIBRARY),
    "inline configuration: none of its 1 level II driver entries has this driver's GUID or library",
  );
});

test('an entry without path-config is refused', async () => {
  assert.equal(
    await maxClients(driver('', GUID)),
    'inline configuration: the driver entry has no path-config',
  );
});

test('a path-config that leads nowhere names where it stands', async () => {
  assert.equal(
    await maxClients(driver('/no/such.xml', GUID)),
    '/no/such.xml: no such file (path-config in inline configuration)',
  );
});

test('a document that leads to another daemon document, or to itself, is refused', async () => {
  const loop = `${folder.path}/loop.xml`;
  folder.file('loop.xml', driver(loop, GUID));
  assert.equal(await maxClients(loop), `${loop}: is a host's configuration again (path-config in ${loop})`);
});
