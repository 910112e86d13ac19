import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import type { AdminAccess } from './admin/client';
import { startAdmin } from './admin/server';
import { armPlugin, refuseUnroutableArm } from './arm/plugin';
import { managedIdentities, servicePrincipals } from './arm/managed-identity';
import { roleAuthority, storageAuthority } from './arm/roles/authority';
import { ResourceStore } from './arm/store';
import { Endpoints } from './endpoints';
import { startEntra } from './entra/entra';
import { SUBSCRIPTION_ID, TENANT_ID } from './entra/principal';
import { dpsAmqpService } from './dps/amqp/service';
import { dpsMqttService } from './dps/mqtt/connect';
import { dpsPlugin, refuseUnroutableDps } from './dps/routes/plugin';
import { ProvisioningServices } from './dps/services';
import type { Redirect } from './exec/redirects';
import { namespaceAmqpService } from './event-hubs/amqp/namespace-host';
import { eventHubClients } from './event-hubs/client';
import { Namespaces } from './event-hubs/namespaces';
import { hubAmqpService } from './hub/amqp/service';
import { Hubs } from './hub/hubs';
import { hubMqttService } from './hub/mqtt/connect';
import { openWorld } from './world/open';
import type { World } from './world/world';
import { hubPlugin, refuseUnroutable } from './hub/routes/plugin';
import {
  AMQP_PORT,
  ARM_HOST,
  ARM_HOST_PATTERN,
  BLOB_SUFFIX,
  DPS_HOST_PATTERN,
  DPS_SUFFIX,
  EVENTS_HOST_PATTERN,
  EVENTS_SUFFIX,
  HTTPS_PORT,
  HUB_HOST_PATTERN,
  HUB_SUFFIX,
  LOOPBACK,
  MQTT_PORT,
  SIGNALR_HOST_PATTERN,
  SIGNALR_SUFFIX,
  SITES_SUFFIX,
  TABLE_SUFFIX,
  WEBSITE_HOST_PATTERN,
  WEBSITE_SUFFIX,
} from './names';
import { refuseUnroutableSignalR, signalRPlugin } from './signalr/routes/plugin';
import { signalRWebsockets } from './signalr/routes/websocket';
import { SignalRServices } from './signalr/services';
import { startStorage } from './storage/storage';
import { refuseUnroutableWebsite, websitePlugin } from './storage/website-plugin';
import { AMQP_SUBPROTOCOL, startAmqp } from './wire/amqp/server';
import { startMqtt } from './wire/mqtt';
import { createPost } from './wire/post';
import { startProxy } from './wire/proxy';
import { serveWebsockets } from './wire/websockets';
import { loadTls, type TlsFiles } from './wire/tls';

export interface EmulatorOptions {
  /** Holds certificates and the state file; made with mode 0700. */
  readonly stateDir: string;
  /** Keeps all state in `data` below the state directory; else it ends with the emulator. */
  readonly durable?: boolean;
  /** Serves the admin API: clock, faults, snapshots, journal, counters. */
  readonly admin?: boolean;
  /** Paces jobs to the hub's SKU; off unless set. */
  readonly throttle?: boolean;
  /** Loopback port of a server that stands in for web apps and function apps, with the emulator's own certificate. */
  readonly sites?: number;
}

/** A running emulator. */
export interface Emulator {
  readonly caFile: string;
  readonly redirects: readonly Redirect[];
  /** Loopback port of the proxy that follows `redirects`, for programs that follow none themselves. */
  readonly proxy: number;
  /** Values for IDENTITY_ENDPOINT and IDENTITY_HEADER; the header is a secret. */
  readonly identity: { readonly endpoint: string; readonly header: string };
  readonly subscriptionId: string;
  readonly tenantId: string;
  /** Where the admin API is, when there is one; `secret` is one. */
  readonly admin: AdminAccess | undefined;
  readonly hubs: Hubs;
  readonly provisioning: ProvisioningServices;
  close(): Promise<void>;
}

/** Where MQTT clients dial without port 8883 (iot/iot-mqtt-connect-to-iot-hub.md, "MQTT over WebSocket"). */
const MQTT_WEBSOCKET = { path: '/$iothub/websocket', subprotocol: 'mqtt' } as const;

/**
 * Starts every server on loopback ports: free ones, or those of the last run on the same state. What was started is
 * stopped again when a later one fails.
 */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const stateDir = resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const tls = await loadTls(stateDir);
  const closers: (() => Promise<unknown>)[] = [];
  const folder = options.durable ? join(stateDir, 'data') : undefined;
  const { world, levers } = openWorld({ folder, admin: options.admin ?? false });
  const close = async (): Promise<void> => {
    await Promise.all(closers.splice(0).map((closer) => closer()));
    await world.store.close();
  };
  try {
    const endpoints = await Endpoints.of(folder === undefined ? undefined : join(stateDir, 'endpoints.json'));
    const servers = await startServers({ ...options, tls, base: world, folder, endpoints }, closers);
    await endpoints.keep();
    const admin = levers && (await startAdmin(levers, (name) => servers.provisioning.get(name)));
    if (admin !== undefined) closers.push(() => admin.close());
    return { ...servers, admin, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What there is before the first server. */
interface Parts {
  readonly tls: TlsFiles;
  readonly base: World;
  /** Where state is kept; undefined for memory. */
  readonly folder: string | undefined;
  readonly endpoints: Endpoints;
}

/** Adds to `closers` what ends each server, as soon as it runs. */
async function startServers(
  { tls, base, folder, endpoints, throttle = false, sites }: EmulatorOptions & Parts,
  closers: (() => Promise<unknown>)[],
): Promise<Omit<Emulator, 'close' | 'admin'>> {
  const resources = new ResourceStore(base);
  const portFor = (server: string): Promise<number> => endpoints.portFor(server);
  const entra = await startEntra({
    store: base.store,
    identities: managedIdentities(resources),
    port: await portFor('identity'),
    identityHeader: endpoints.identityHeader,
  });
  endpoints.listening('identity', Number(new URL(entra.identityEndpoint).port));
  closers.push(() => entra.close());
  const storage = await startStorage({
    ...tls,
    entra,
    world: base,
    folder,
    ports: async () => ({ blobs: await portFor('blobs'), tables: await portFor('tables') }),
    mayDo: storageAuthority(resources),
    principalOf: servicePrincipals(resources),
  });
  closers.push(() => storage.close());
  const post = createPost({ ca: tls.ca, sites });
  const plain = { ...base, authority: roleAuthority(entra, resources), blobs: storage.clients, post };
  const namespaces = new Namespaces({ throttle }, plain);
  const world = { ...plain, eventHubs: eventHubClients(namespaces, servicePrincipals(resources)) };
  closers.push(() => {
    namespaces.close();
    return Promise.resolve();
  });
  const hubs = new Hubs({ throttle }, world);
  closers.push(() => hubs.close());
  const provisioning = new ProvisioningServices(hubs, world, { throttle });
  closers.push(() => {
    provisioning.close();
    return Promise.resolve();
  });
  const signalr = new SignalRServices(world);
  closers.push(() => {
    signalr.close();
    return Promise.resolve();
  });
  const mqtt = await startMqtt(
    [dpsMqttService(provisioning), hubMqttService(hubs)],
    tls,
    world.counters,
    await portFor('mqtt'),
  );
  closers.push(() => mqtt.close());
  const amqp = await startAmqp(
    [dpsAmqpService(provisioning), hubAmqpService(hubs), namespaceAmqpService(namespaces, world)],
    tls,
    await portFor('amqp'),
  );
  closers.push(() => amqp.close());
  const https = httpsServer(tls);
  closers.push(() => https.close());
  await https.register(hubPlugin, { hubs });
  await https.register(dpsPlugin, { provisioning });
  await https.register(signalRPlugin, { signalr });
  await https.register(websitePlugin, { websites: storage.websites, world });
  await https.register(armPlugin, { hubs, namespaces, provisioning, storage, signalr, entra, resources });
  const amqpWebsocket = { subprotocol: AMQP_SUBPROTOCOL, serve: amqp.serve };
  const websockets = [
    ...[HUB_HOST_PATTERN, DPS_HOST_PATTERN].map((hostPattern) => ({
      hostPattern,
      ...MQTT_WEBSOCKET,
      serve: mqtt.serve,
    })),
    { hostPattern: HUB_HOST_PATTERN, path: '/$iothub/websocket', ...amqpWebsocket },
    { hostPattern: DPS_HOST_PATTERN, path: '/$iothub/websocket', ...amqpWebsocket },
    { hostPattern: EVENTS_HOST_PATTERN, path: '/$servicebus/websocket', ...amqpWebsocket },
  ];
  const cutWebsockets = serveWebsockets(https.server, websockets, [signalRWebsockets(signalr)]);
  closers.push(() => {
    cutWebsockets();
    return Promise.resolve();
  });
  await https.listen({ host: LOOPBACK, port: await portFor('https') });
  const to = endpoints.listening('https', (https.server.address() as AddressInfo).port);
  const redirects = [
    { suffix: HUB_SUFFIX, port: HTTPS_PORT, to },
    { suffix: HUB_SUFFIX, port: MQTT_PORT, to: mqtt.port },
    { suffix: DPS_SUFFIX, port: HTTPS_PORT, to },
    { suffix: DPS_SUFFIX, port: MQTT_PORT, to: mqtt.port },
    { suffix: HUB_SUFFIX, port: AMQP_PORT, to: amqp.port },
    { suffix: DPS_SUFFIX, port: AMQP_PORT, to: amqp.port },
    { suffix: EVENTS_SUFFIX, port: AMQP_PORT, to: amqp.port },
    { suffix: EVENTS_SUFFIX, port: HTTPS_PORT, to },
    { suffix: ARM_HOST, port: HTTPS_PORT, to },
    { suffix: SIGNALR_SUFFIX, port: HTTPS_PORT, to },
    { suffix: WEBSITE_SUFFIX, port: HTTPS_PORT, to },
    { suffix: BLOB_SUFFIX, port: HTTPS_PORT, to: storage.ports.blobs },
    { suffix: TABLE_SUFFIX, port: HTTPS_PORT, to: storage.ports.tables },
    ...(sites === undefined ? [] : [{ suffix: SITES_SUFFIX, port: HTTPS_PORT, to: sites }]),
  ];
  const proxy = await startProxy(redirects, await portFor('proxy'));
  const others = { ...storage.ports, mqtt: mqtt.port, amqp: amqp.port, proxy: proxy.port };
  for (const [server, port] of Object.entries(others)) endpoints.listening(server, port);
  closers.push(() => proxy.close());
  return {
    caFile: tls.caFile,
    redirects,
    proxy: proxy.port,
    identity: { endpoint: entra.identityEndpoint, header: entra.identityHeader },
    subscriptionId: SUBSCRIPTION_ID,
    tenantId: TENANT_ID,
    hubs,
    provisioning,
  };
}

/** Time for the headers of a request, for all of it, and how often it is looked at (docs/emulator/limits-and-levers.md). */
const HEADERS_WITHIN_MS = 10_000;
const REQUEST_WITHIN_MS = 20_000;
const CHECK_EVERY_MS = 1000;

/** Each host answers in its own service's words, also before a route is found. */
function refusalFor(host: string): typeof refuseUnroutable {
  if (ARM_HOST_PATTERN.test(host)) return refuseUnroutableArm;
  if (SIGNALR_HOST_PATTERN.test(host)) return refuseUnroutableSignalR;
  if (WEBSITE_HOST_PATTERN.test(host)) return refuseUnroutableWebsite;
  return DPS_HOST_PATTERN.test(host) ? refuseUnroutableDps : refuseUnroutable;
}

function httpsServer({ cert, key }: TlsFiles): FastifyInstance {
  return fastify({
    // A client certificate is asked for and judged by whoever serves the request; most clients send none.
    https: {
      ...{ cert, key, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false },
      ...{ headersTimeout: HEADERS_WITHIN_MS, connectionsCheckingInterval: CHECK_EVERY_MS },
    },
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => refusalFor(request.headers.host ?? '')(error, request, reply),
    // Who sends no whole request in this time is cut off (node counts from the connection, then from the last answer).
    requestTimeout: REQUEST_WITHIN_MS,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 1024 },
  });
}
