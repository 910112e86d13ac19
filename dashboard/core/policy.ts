import type { PageConfig } from './contract';

/** An origin, and the websockets of it. */
const withSockets = (origin: string): string[] => [origin, origin.replace(/^http/, 'ws')];

/** Where the page may connect to: the origins that its configuration names. */
function connectSources({ functionsUrl, liveUrl, rolloutsUrl, signIn }: PageConfig): string[] {
  const origin = (url: string): string => new URL(url).origin;
  return [
    "'self'",
    origin(functionsUrl),
    ...withSockets(origin(liveUrl)),
    ...(rolloutsUrl === undefined ? [] : [origin(rolloutsUrl)]),
    ...(signIn.kind === 'entra' ? [origin(signIn.authority)] : []),
  ];
}

/**
 * The page's content security policy: nothing but its own files, and connections to the origins of its configuration. It
 * goes into index.html, since a static website in Azure sends no headers of one's own; a host that can send headers adds
 * {@link HEADERS}.
 *
 * @example policyOf(config) // => "default-src 'none'; script-src 'self'; ..."
 */
export const policyOf = (config: PageConfig): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    `connect-src ${[...new Set(connectSources(config))].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/** What a `<meta>` cannot say (CSP Level 3, "The <meta> element": frame-ancestors), and what else a host should send. */
export const HEADERS = {
  'content-security-policy': "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
} as const;
