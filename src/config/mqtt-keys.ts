import type { ConfigKey } from './config-keys.ts';
import { choice, flag, list, path, text, whole } from './key-types.ts';
import {
  guid,
  isBrokerUrl,
  isClientId,
  isTopicFilter,
  LAST_NODE_NUMBER,
  name,
  topicTemplate,
} from './mqtt-types.ts';

/** The group `mqtt` of the table of keys: what only the command `serve` uses. */
export const MQTT_KEYS = {
  url: {
    key: 'mqtt.url',
    type: list('list of brokers like mqtt://localhost:1883 or mqtts://broker.example', isBrokerUrl),
    default: [],
    defaultText: 'none',
    meaning:
      'The MQTT broker that [`serve`](scaling.md) gets its events from; of several it uses one, and another one when that fails. This key and the others of the group have no effect in a daemon.',
  },
  user: { key: 'mqtt.user', type: text(), meaning: 'User name at the broker.' },
  passwordFile: {
    key: 'mqtt.password-file',
    type: path('readable-file', 'path of a file with the password'),
    meaning: 'File whose first line is the password at the broker.',
  },
  ca: {
    key: 'mqtt.ca',
    type: path('readable-file', 'path of a PEM file'),
    defaultText: 'those of Node.js',
    meaning: 'Authorities that sign the certificate of an `mqtts://` broker.',
  },
  cert: {
    key: 'mqtt.cert',
    type: path('readable-file', 'path of a PEM file'),
    meaning: 'Certificate with which the server shows the broker who it is; needs `mqtt.key`.',
  },
  key: {
    key: 'mqtt.key',
    type: path('readable-file', 'path of a PEM file'),
    meaning: 'Private key of that certificate.',
  },
  clientId: {
    key: 'mqtt.client-id',
    type: name('a name of at most 64 letters, digits and . _ : -', isClientId),
    defaultText: '`websocksrv-HOSTNAME-NODE`',
    meaning: 'Name at the broker; no other client may have it.',
  },
  nodeNumber: {
    key: 'mqtt.node-number',
    type: whole(0, LAST_NODE_NUMBER),
    default: 0,
    meaning:
      'Number of this server among those on the same topics, another one for each. It is part of the obid and of the GUIDs that the server gives out.',
  },
  guid: {
    key: 'mqtt.guid',
    type: guid(),
    default: 'FF:FF:FF:FF:FF:FF:FF:F5:03:00:00:00:00:00:00:00',
    meaning:
      'GUID of the server, which a daemon gives to a driver; in the last four bytes stand the numbers of node and session.',
  },
  subscribe: {
    key: 'mqtt.subscribe',
    type: list('list of MQTT topic filters like vscp/#', isTopicFilter),
    default: ['vscp/#'],
    meaning:
      'Topics with the events for the clients, in any format; what is no event is ignored and counted.',
  },
  publish: {
    key: 'mqtt.publish',
    type: topicTemplate(),
    default: 'vscp/{{guid}}/{{class}}/{{type}}',
    meaning:
      "Topic for a client's event; `{{guid}}`, `{{class}}`, `{{type}}` and `{{index}}` (sensor index) are filled in. The server should be subscribed to it as well.",
  },
  format: {
    key: 'mqtt.format',
    type: choice(['json', 'string', 'xml', 'binary']),
    default: 'json',
    meaning:
      "Form of clients' events on their topic; with `json` the keys are those of `event-format`. `binary` carries no obid.",
  },
  qos: {
    key: 'mqtt.qos',
    type: whole(0, 1),
    default: 1,
    meaning: 'Quality of service in both directions: 1 = acknowledged and sent again, 0 = neither.',
  },
  retainLast: {
    key: 'mqtt.retain-last',
    type: flag(),
    default: false,
    meaning:
      'Let the broker keep the last event of each topic, so that servers that start later know it. Not for CLASS1.CONTROL and protocol classes: a command must not come a second time. With several sensors at one GUID, `publish` should end in `/{{index}}`.',
  },
} satisfies Record<string, ConfigKey>;
