/** A SASL mechanism as rhea drives it (rhea/lib/sasl.js): `start` sets the outcome. */
interface Mechanism {
  outcome: boolean | undefined;
  username: string | undefined;
  start(): void;
}

const accepting = (): Mechanism => ({
  outcome: undefined,
  username: undefined,
  start() {
    this.outcome = true;
  },
});

/**
 * What clients of Azure choose among. None proves anything by itself: MSSBCBS and ANONYMOUS lead to `$cbs`, EXTERNAL to
 * the client certificate, which services judge.
 */
export const mechanisms = (hasCertificate: boolean): Record<string, () => Mechanism> => ({
  MSSBCBS: accepting,
  ANONYMOUS: accepting,
  ...(hasCertificate && { EXTERNAL: accepting }),
});
