/** Nodes for Node-RED: one connection (vscp-server) that vscp in, vscp out and vscp last share. */

/** An ES module, which Node-RED's own modules cannot load at once. */
const library = Promise.all([
  import('vscpl2drv-websocksrv-client'),
  import('vscpl2drv-websocksrv-client/names'),
]).then(([client, names]) => ({ ...client, ...names }));
// Whoever waits for it tells what is wrong.
library.catch(() => {});

const RETRY_MS = 5_000;
const STATUS = {
  online: { fill: 'green', shape: 'dot', text: 'connected' },
  connecting: { fill: 'yellow', shape: 'ring', text: 'connecting' },
  waiting: { fill: 'red', shape: 'ring', text: 'not connected' },
  offline: { fill: 'red', shape: 'ring', text: 'not connected' },
};

/** Fields that were left empty in the editor filter nothing. */
function filterOf({ vscpClass, vscpType, guid }) {
  const given = (text) => text !== undefined && text !== null && String(text).trim() !== '';
  return {
    ...(given(vscpClass) ? { vscpClass: Number(vscpClass) } : {}),
    ...(given(vscpType) ? { vscpType: Number(vscpType) } : {}),
    ...(given(guid) ? { guid: String(guid).trim().toUpperCase() } : {}),
  };
}

/** An event as messages carry it: what Node-RED can show, copy and store. */
function payloadOf({ decodeMeasurement, typeName }, { timestampNs, data, ...event }) {
  const { value, symbol, sensorIndex, index, zone, subzone } = decodeMeasurement({ ...event, data }) ?? {};
  const measured = { value, unit: symbol, sensorIndex, index, zone, subzone };
  return {
    ...event,
    ...(timestampNs === undefined ? {} : { timestampNs: String(timestampNs) }),
    data: [...data],
    name: typeName(event.vscpClass, event.vscpType),
    ...Object.fromEntries(Object.entries(measured).filter(([, part]) => part !== undefined)),
  };
}

/** What a message asks to send: an event, or a measurement to be coded. */
function inputOf({ encodeMeasurement }, payload) {
  if (typeof payload !== 'object' || payload === null) throw new Error('msg.payload: expected an event');
  if (payload.measurement !== undefined) return encodeMeasurement(payload.measurement);
  const { vscpClass, vscpType, data = [], guid, head } = payload;
  if (typeof vscpClass !== 'number') throw new Error('msg.payload.vscpClass: expected a number');
  if (typeof vscpType !== 'number') throw new Error('msg.payload.vscpType: expected a number');
  const bytes = Buffer.isBuffer(data) ? [...data] : data;
  if (!Array.isArray(bytes)) throw new Error('msg.payload.data: expected bytes');
  return {
    vscpClass,
    vscpType,
    data: bytes,
    ...(guid === undefined ? {} : { guid }),
    // The client writes the classic form, so the bit of the other one would be wrong.
    ...(head === undefined ? {} : { head: head & 0xfeff }),
  };
}

module.exports = (RED) => {
  function VscpServer(config) {
    RED.nodes.createNode(this, config);
    const { user = '', password = '', key = '' } = this.credentials ?? {};
    const users = new Set();
    let status = STATUS.connecting;
    let isClosed = false;
    let retry;

    const show = (next) => {
      status = next;
      for (const node of users) node.status(status);
    };
    this.enlist = (node) => {
      users.add(node);
      node.status(status);
      node.on('close', () => users.delete(node));
    };

    /** Resolves to the client; rejects when it can never work as it is configured. */
    this.client = library.then(({ VscpClient }) => {
      const client = new VscpClient({ url: config.url, user, password, ...(key === '' ? {} : { key }) });
      client.on('state', ({ state }) => show(STATUS[state]));
      client.on('error', (error) => this.warn(error.message));
      return client;
    });

    const connect = async () => {
      const [client, { ConnectError }] = await Promise.all([this.client, library]);
      if (isClosed) return;
      try {
        await client.connect();
        await client.open();
      } catch (error) {
        if (isClosed) return;
        this.error(error.message);
        // Again and again with a wrong password would only lock the account.
        if (error instanceof ConnectError) retry = setTimeout(start, RETRY_MS);
        else show({ ...STATUS.offline, text: error.message });
      }
    };
    const start = () => connect().catch((error) => show({ ...STATUS.offline, text: error.message }));
    start();

    this.on('close', (done) => {
      isClosed = true;
      clearTimeout(retry);
      this.client.then((client) => client.disconnect()).then(done, () => done());
    });
  }
  RED.nodes.registerType('vscp-server', VscpServer, {
    credentials: { user: { type: 'text' }, password: { type: 'password' }, key: { type: 'password' } },
  });

  /** The connection that was chosen in the editor, or undefined with the reason as status. */
  function serverOf(node, config) {
    const server = RED.nodes.getNode(config.server);
    if (server) server.enlist(node);
    else node.status({ fill: 'red', shape: 'ring', text: 'no server is chosen' });
    return server;
  }

  function VscpIn(config) {
    RED.nodes.createNode(this, config);
    const server = serverOf(this, config);
    if (!server) return;
    const filter = Object.entries(filterOf(config));
    let stop;
    let isClosed = false;
    Promise.all([server.client, library]).then(
      ([client, names]) => {
        if (isClosed) return;
        stop = client.on('event', (event) => {
          if (filter.some(([field, value]) => event[field] !== value)) return;
          const topic = `vscp/${event.guid}/${event.vscpClass}/${event.vscpType}`;
          this.send({ topic, payload: payloadOf(names, event) });
        });
      },
      (error) => this.error(error.message),
    );
    this.on('close', () => {
      isClosed = true;
      stop?.();
    });
  }
  RED.nodes.registerType('vscp in', VscpIn);

  /** Does `work` for each message; what it throws is the node's error. */
  function onInput(node, server, work) {
    node.on('input', async (message, send, done) => {
      try {
        if (!server) throw new Error('no server is chosen');
        const [client, names] = await Promise.all([server.client, library]);
        await work({ client, names, message, send });
        done();
      } catch (error) {
        done(error);
      }
    });
  }

  function VscpOut(config) {
    RED.nodes.createNode(this, config);
    onInput(this, serverOf(this, config), async ({ client, names, message }) => {
      const payloads = Array.isArray(message.payload) ? message.payload : [message.payload];
      const inputs = payloads.map((payload) => inputOf(names, payload));
      await Promise.all(inputs.map((input) => client.send(input)));
    });
  }
  RED.nodes.registerType('vscp out', VscpOut);

  function VscpLast(config) {
    RED.nodes.createNode(this, config);
    onInput(this, serverOf(this, config), async ({ client, names, message, send }) => {
      const events = await client.last({ ...filterOf(config), ...filterOf(message.filter ?? {}) });
      send({ ...message, payload: events.map((event) => payloadOf(names, event)) });
    });
  }
  RED.nodes.registerType('vscp last', VscpLast);
};
