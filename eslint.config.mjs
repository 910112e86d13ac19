import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom (docs/architecture.md, "Import rules"). One row a folder; of two rows that match a file the last
 * would win without a word, so each folder has exactly one.
 *
 * folders: product folders whose modules may be imported, beside the folder's own
 * types:   modules that may be imported as types only
 * packages: npm packages and node: modules allowed, as regular-expression alternatives
 */
const TABLE = {
  domain: { folders: [], packages: [] },
  spec: { folders: ['domain'], packages: ['zod', 'yaml', 'ms', 'croner'] },
  workflows: { folders: ['domain'], types: ['activities'], packages: ['@temporalio/(workflow|common)'] },
  activities: {
    folders: ['domain'],
    packages: ['@temporalio/(activity|client|common)', 'croner', 'standardwebhooks', '@datadog/sketches-js', 'node:.+'],
  },
  'activities/azure': {
    folders: ['domain', 'activities'],
    packages: ['azure-iothub', 'azure-iot-common', 'azure-iot-provisioning-service', '@azure/.+', 'limiter', 'node:.+'],
  },
  http: { folders: ['domain'], packages: ['jose', 'node:.+'] },
  codec: { folders: ['domain'], packages: ['@temporalio/(common|proto)', 'node:.+'] },
  worker: {
    folders: ['domain', 'spec', 'codec', 'workflows', 'activities', 'telemetry'],
    packages: ['@temporalio/.+', '@azure/identity', 'commander', 'node:.+'],
  },
  cli: {
    folders: ['domain', 'spec', 'codec', 'tools', 'http', 'workflows/messages'],
    types: ['workflows'],
    packages: [
      '@temporalio/(client|common|envconfig|proto)',
      '@pulumi/pulumi/automation',
      'commander',
      'cli-progress',
      'cli-table3',
      'picocolors',
      'yaml',
      'node:.+',
    ],
  },
  'cli/page': {
    folders: ['domain', 'spec', 'http', 'dashboard', 'cli', 'workflows/messages'],
    packages: [
      '@temporalio/common',
      '@azure/(identity|storage-blob)',
      'commander',
      'http-proxy-3',
      'limiter',
      'lru-cache',
      'node:.+',
    ],
  },
  infra: { folders: ['domain', 'spec', 'telemetry/settings'], packages: ['@pulumi/.+', 'zod', 'node:.+'] },
  'infra/dynamic': {
    folders: ['domain', 'infra'],
    packages: ['@pulumi/.+', '@azure/.+', 'azure-iot-provisioning-service', 'zod', 'node:.+'],
  },
  device: {
    folders: ['domain', 'spec'],
    packages: ['azure-iot.+', '@azure/identity', 'commander', 'mqtt', 'zod', 'node:.+'],
  },
  telemetry: { folders: ['domain', 'spec'], packages: ['zod', 'lru-cache', 'node:.+'] },
  'telemetry/tables': {
    folders: ['domain', 'telemetry'],
    packages: ['@azure/(data-tables|identity)', 'zod', 'node:.+'],
  },
  functions: {
    folders: ['domain', 'spec', 'http', 'telemetry'],
    packages: [
      '@azure/(functions|identity|storage-blob|event-hubs|eventhubs-checkpointstore-blob|core-rest-pipeline)',
      'commander',
      'zod',
      'node:.+',
    ],
  },
  dashboard: { folders: ['domain'], types: ['telemetry'], packages: ['node:(fs|path)'] },
  'dashboard/core': { folders: ['domain'], types: ['telemetry'], packages: [] },
  'dashboard/page': {
    folders: ['domain'],
    types: ['telemetry'],
    packages: ['preact(/hooks)?', 'uplot(/.+)?', '@microsoft/signalr', '@azure/msal-browser'],
  },
  tools: {
    folders: [],
    packages: ['@pulumi/pulumi(/.+)?', '@grpc/grpc-js', 'env-paths', 'proper-lockfile', 'semver', 'which', 'node:.+'],
  },
  emulator: { folders: [], packages: ['(?!\\.).+'] },
};
const FOLDERS = [...Object.keys(TABLE).filter((folder) => !folder.includes('/')), 'test', 'bench'];

const escape = (text) => text.replaceAll('/', '\\/');
/** Matches relative specifiers that leave the folder for one of `targets`. */
const into = (targets) => `^(\\.\\./)+(${targets.map(escape).join('|')})(/|$)`;

function importRules([folder, { folders, types = [], packages }]) {
  const top = folder.split('/')[0];
  const closed = FOLDERS.filter((name) => name !== top && !types.includes(name));
  const allowed = folders.length === 0 ? '' : `(?!(\\.\\./)+(${folders.map(escape).join('|')})(/|$))`;
  const patterns = [
    {
      regex: `^${allowed}${into(closed).slice(1)}`,
      message: `${folder}/ may not import this folder (eslint.config.mjs)`,
    },
    {
      regex: packages.length === 0 ? '^[^.]' : `^(?!(${packages.join('|')})$)[^.]`,
      message: `${folder}/ may not import this package (eslint.config.mjs)`,
    },
    ...types.map((name) => ({
      regex: `^${allowed}${into([name]).slice(1)}`,
      allowTypeImports: true,
      message: `${folder}/ may import only types of ${name}/ (eslint.config.mjs)`,
    })),
  ];
  return {
    files: [`${folder}/**/*.{ts,tsx}`],
    ignores: Object.keys(TABLE).flatMap((inner) => (inner.startsWith(`${folder}/`) ? [`${inner}/**`] : [])),
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

export default tseslint.config(
  { ignores: ['**/dist/', '**/node_modules/', 'test/histories/', '.groundswell/'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, importX.flatConfigs.typescript],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './dashboard/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-default-export': 'error',
    },
  },
  ...Object.entries(TABLE).map(importRules),
  {
    files: ['test/**/*.ts'],
    // Activities are written as methods that use no `this`; tests take them off their object one by one.
    rules: { '@typescript-eslint/unbound-method': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        require: 'readonly',
        module: 'readonly',
        __dirname: 'readonly',
        URL: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
      },
    },
  },
);
