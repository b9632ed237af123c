// The part of the package mqtt that the server uses: without websockets, proxies and commands.
exports.MqttClient = require('mqtt/lib/client').default;
