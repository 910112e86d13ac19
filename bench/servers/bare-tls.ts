import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:tls';

// A TLS server of node that answers every CONNECT with CONNACK and knows nothing more: what a connection costs in node
// before any of it is the emulator's. Arguments: certificate file, key file. Prints its port when ready.
const [certFile = '', keyFile = ''] = process.argv.slice(2);
const CONNACK = Buffer.from([0x20, 2, 0, 0]);

const server = createServer(
  { cert: readFileSync(certFile), key: readFileSync(keyFile), requestCert: true, rejectUnauthorized: false },
  (socket) => {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.write(CONNACK));
  },
);
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
process.once('SIGTERM', () => process.exit());
