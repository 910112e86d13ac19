import { randomBytes, X509Certificate } from 'node:crypto';
import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody, requireMatch } from '../envelope';
import { badDescription } from '../errors';
import { rootIdOf } from '../path';
import { type ArmAnswer, type ArmRequest, type Handler, ok, type ResourceType } from '../resource-type';
import { newEtag, type Resource } from '../store';
import { hubOf, IOT_HUBS } from './iot-hubs';
import { PROVISIONING_SERVICES, serviceOf } from './provisioning-services';

/** A certificate as both services keep it. */
interface Kept {
  readonly name: string;
  readonly pem: string;
  readonly isVerified: boolean;
}

/** Puts the certificates of the path's service in force. */
type Apply = (request: ArmRequest, certificates: readonly Kept[]) => void;

/** iot-hub-devguide-quotas-throttling.md and iot-dps-limits.md. */
const MAX_CERTIFICATES = 25;
const description = z.looseObject({
  properties: z.looseObject({ certificate: z.string().min(1), isVerified: z.boolean().nullish() }),
});

/** @param text PEM, or the base64 form of PEM or DER @throws DevicesError when it is none of them */
function certificateOf(text: string): X509Certificate {
  try {
    return new X509Certificate(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64'));
  } catch {
    throw badDescription('certificate: not an X.509 certificate in PEM, or in base64 of PEM or DER');
  }
}

const shown = ({ properties, ...resource }: Resource): Resource => {
  const answered = { ...properties };
  delete answered['verificationCode']; // answered when it is made, only
  return { ...resource, properties: answered };
};

const factsOf = (certificate: X509Certificate) => ({
  subject: certificate.subject.split('\n').join(', '),
  expiry: new Date(certificate.validTo).toUTCString(),
  thumbprint: certificate.fingerprint.replaceAll(':', ''),
  certificate: certificate.raw.toString('base64'),
});

const keptOf = ({ name, properties }: Resource): Kept => ({
  name,
  pem: certificateOf(String(properties['certificate'])).toString(),
  isVerified: properties['isVerified'] === true,
});

/** Certificate authorities of a hub or a provisioning service, in force as soon as they are verified. */
function certificates({ store }: ArmContext, parentType: string, apply: Apply): ResourceType {
  const type = `${parentType}/certificates`;
  const all = (request: ArmRequest): Resource[] => store.below(rootIdOf(request.path), type);

  /** Keeps a certificate and puts all of them in force. */
  function keep(request: ArmRequest, next: Resource): Resource {
    store.put(next);
    apply(request, all(request).map(keptOf));
    return next;
  }

  function put(request: ArmRequest): ArmAnswer | undefined {
    const existing = store.get(request.id);
    requireMatch(request, existing);
    const name = request.path.names[1] ?? '';
    if (!/^[\w.-]{1,64}$/.test(name)) throw badDescription(`'${name}' is no certificate name`);
    if (existing === undefined && all(request).length >= MAX_CERTIFICATES)
      throw badDescription(`there are at most ${MAX_CERTIFICATES} certificates`);
    const { properties } = parseBody(description, request.body, badDescription);
    const now = new Date().toUTCString();
    const resource = keep(request, {
      id: existing?.id ?? request.id,
      name: existing?.name ?? name,
      type,
      etag: newEtag(),
      properties: {
        ...factsOf(certificateOf(properties.certificate)),
        isVerified: properties.isVerified ?? false,
        created: existing?.properties['created'] ?? now,
        updated: now,
      },
    });
    return ok(shown(resource)); // a new one too: the client of provisioning services takes no 201
  }

  function remove(request: ArmRequest): ArmAnswer {
    const existing = store.get(request.id);
    requireMatch(request, existing);
    if (existing === undefined) return { status: 204 };
    store.delete(existing.id);
    apply(request, all(request).map(keptOf));
    return { status: 200 };
  }

  /** Changes one that is there, under the condition of If-Match. */
  const changing =
    (change: (existing: Resource, request: ArmRequest) => Readonly<Record<string, unknown>>): Handler =>
    (request) => {
      const existing = store.get(request.id);
      if (existing === undefined) return undefined;
      requireMatch(request, existing);
      const changes = { ...change(existing, request), updated: new Date().toUTCString() };
      const next = { ...existing, etag: newEtag(), properties: { ...existing.properties, ...changes } };
      return ok(keep(request, next));
    };

  const generate = changing(() => ({
    isVerified: false,
    verificationCode: randomBytes(24).toString('hex').toUpperCase(),
  }));
  const verify = changing(({ properties }, request) => {
    const body = parseBody(z.looseObject({ certificate: z.string().min(1) }), request.body, badDescription);
    requireProof(String(properties['certificate']), properties['verificationCode'], body.certificate);
    return { isVerified: true, verificationCode: undefined };
  });

  return {
    type,
    get: ({ id }) => {
      const resource = store.get(id);
      return resource && ok(shown(resource));
    },
    list: (request) => ok({ value: all(request).map(shown) }),
    put,
    delete: remove,
    actions: { generateverificationcode: generate, verify },
  };
}

/** Whoever signs a certificate whose common name is the code holds the authority's key (tutorial-x509-prove-possession). */
function requireProof(authority: string, code: unknown, proof: string): void {
  const [ca, leaf] = [certificateOf(authority), certificateOf(proof)];
  const names = leaf.subject.split('\n');
  const isProof = typeof code === 'string' && names.includes(`CN=${code}`);
  if (!isProof) throw badDescription('verify: the common name is not the verification code that was made last');
  if (!leaf.checkIssued(ca) || !leaf.verify(ca.publicKey))
    throw badDescription('verify: the certificate is not signed by the one that is to be verified');
}

export const hubCertificates = (context: ArmContext): ResourceType =>
  certificates(context, IOT_HUBS, (request, kept) => {
    const hub = hubOf(context, request);
    if (hub !== undefined) hub.settings = { ...hub.settings, certificates: kept };
  });

export const dpsCertificates = (context: ArmContext): ResourceType =>
  certificates(context, PROVISIONING_SERVICES, (request, kept) => {
    const service = serviceOf(context, request);
    if (service !== undefined) service.settings = { ...service.settings, certificates: kept };
  });
