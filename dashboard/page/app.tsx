import { useEffect, useRef, useState } from 'preact/hooks';
import { filtersOf } from '../core/filters';
import { follow, type LiveStatus } from '../core/follow';
import { hashOf, type Route } from '../core/route';
import { followPorts } from './connection';
import { DevicePage } from './device/device-page';
import { FleetPage } from './fleet/fleet-page';
import { useRoute } from './hooks';
import { LiveBadge } from './live-badge';
import type { Page } from './page';
import { RolloutPage } from './rollouts/rollout-page';
import { RolloutsPage } from './rollouts/rollouts-page';

const FLEET = hashOf({ kind: 'devices', query: new URLSearchParams() });

/** Only devices of one site are told where the list shows only that; other pages keep what was followed. */
function useFollowedSite(route: Route): string {
  const last = useRef('');
  if (route.kind === 'devices') last.current = filtersOf(route.query).site;
  return last.current;
}

function useLive({ store, api, identity }: Page, site: string): LiveStatus {
  const [status, setStatus] = useState<LiveStatus>({ kind: 'connecting' });
  useEffect(() => {
    const over = new AbortController();
    void follow({ store, ports: followPorts(api, identity), site, signal: over.signal, onStatus: setStatus });
    return () => over.abort();
  }, [store, api, identity, site]);
  return status;
}

const titleOf = (route: Route): string => {
  switch (route.kind) {
    case 'devices':
      return 'Devices';
    case 'device':
      return route.deviceId;
    case 'rollouts':
      return 'Rollouts';
    case 'rollout':
      return route.rolloutId;
    case 'unknown':
      return 'Nothing here';
  }
};

function Shown({ page, route }: { readonly page: Page; readonly route: Route }) {
  switch (route.kind) {
    case 'devices':
      return <FleetPage page={page} filters={filtersOf(route.query)} />;
    case 'device':
      return (
        <DevicePage key={`${route.hub}\n${route.deviceId}`} page={page} hub={route.hub} deviceId={route.deviceId} />
      );
    case 'rollouts':
      return <RolloutsPage page={page} />;
    case 'rollout':
      return <RolloutPage key={route.rolloutId} page={page} rolloutId={route.rolloutId} />;
    case 'unknown':
      return (
        <p>
          There is no page <code>{route.path}</code>. <a href={FLEET}>All devices</a>
        </p>
      );
  }
}

export function App({ page }: { readonly page: Page }) {
  const route = useRoute();
  const status = useLive(page, useFollowedSite(route));
  const main = useRef<HTMLElement>(null);
  const title = titleOf(route);
  const first = useRef(true);
  useEffect(() => {
    document.title = `${title} - Groundswell`;
    if (first.current) first.current = false;
    else main.current?.focus(); // who uses a screen reader or keys is where the new page begins
  }, [title]);
  const current = (kinds: readonly Route['kind'][]) => (kinds.includes(route.kind) ? 'page' : undefined);
  return (
    <>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header>
        <span class="brand">Groundswell</span>
        <nav aria-label="Pages">
          <a href={FLEET} aria-current={current(['devices', 'device'])}>
            Devices
          </a>
          {page.config.rolloutsUrl !== undefined && (
            <a href={hashOf({ kind: 'rollouts' })} aria-current={current(['rollouts', 'rollout'])}>
              Rollouts
            </a>
          )}
        </nav>
        <LiveBadge status={status} />
        {page.identity.signOut !== undefined && (
          <button type="button" onClick={page.identity.signOut}>
            Sign out {page.identity.name}
          </button>
        )}
      </header>
      <main ref={main} tabIndex={-1}>
        <h1>{title}</h1>
        <Shown page={page} route={route} />
      </main>
    </>
  );
}
