import { render } from 'preact';
import { Api } from '../core/api';
import { configOf } from '../core/config';
import { CONFIG_FILE } from '../core/contract';
import { FleetStore } from '../core/fleet-store';
import { App } from './app';
import './style.css';
import { identify } from './sign-in';

/** Changes of devices are drawn so often at most. */
const DRAW_EVERY_MS = 200;

async function configured() {
  const response = await fetch(CONFIG_FILE, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${CONFIG_FILE}: the answer was ${response.status}`);
  return configOf(await response.json());
}

async function start(root: HTMLElement): Promise<void> {
  try {
    const config = await configured();
    const identity = await identify(config.signIn);
    const api = new Api(config, {
      fetch: (url, init) => fetch(url, { ...init, cache: 'no-store' }),
      token: identity.token,
    });
    const store = new FleetStore((run) => setTimeout(run, DRAW_EVERY_MS));
    render(<App page={{ config, api, store, identity }} />, root);
  } catch (error) {
    render(<Broken error={error} />, root);
  }
}

const Broken = ({ error }: { readonly error: unknown }) => (
  <main class="broken">
    <h1>The page cannot start</h1>
    <p role="alert">{error instanceof Error ? error.message : String(error)}</p>
  </main>
);

const root = document.getElementById('page');
if (root !== null) void start(root);
