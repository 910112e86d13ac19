import { HubError } from '../errors';
import type { Right } from '../settings';
import type { AddRoute, Method } from './route';

/** Operations that Azure documents and the emulator refuses by name (docs/emulator-parity.md), with the right they need. */
const UNBUILT: readonly (readonly [what: string, right: Right | undefined, url: string, ...methods: Method[]])[] = [
  ['Digital twins', 'ServiceConnect', '/digitaltwins/:id', 'GET', 'PATCH'],
  ['Digital twin commands', 'ServiceConnect', '/digitaltwins/:id/commands/:command', 'POST'],
  ['Digital twin commands', 'ServiceConnect', '/digitaltwins/:id/components/:path/commands/:command', 'POST'],
];

/** Each of them answers 501 NotImplemented, and only to those who might call it. */
export function unbuiltRoutes(add: AddRoute): void {
  for (const [what, right, url, ...methods] of UNBUILT) {
    for (const method of methods) {
      add(method, url, { right, everyTier: true }, () => {
        throw new HubError(
          'NotImplemented',
          `${what}: not implemented by this emulator (see docs/emulator-parity.md).`,
        );
      });
    }
  }
}
