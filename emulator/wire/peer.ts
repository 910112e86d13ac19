import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { Peer } from './mqtt-service';

/** Who is at the other end of a TLS connection, by the certificates that were sent; none is trusted by this alone. */
export function peerOf(socket: TLSSocket): Peer {
  const certificates: X509Certificate[] = [];
  let sent: Partial<DetailedPeerCertificate> | undefined = socket.getPeerCertificate(true);
  while (sent?.raw !== undefined) {
    certificates.push(new X509Certificate(sent.raw));
    sent = sent.issuerCertificate === sent ? undefined : sent.issuerCertificate; // a root is its own issuer
  }
  return { certificates };
}
