// Stands in for the Node worker of Azure Functions: loads a deployed package as the worker does (by `main` of its
// package.json), lets it register, calls one registered handler, and prints what came of both.
const Module = require('node:module');
const { text } = require('node:stream/consumers');

const registered = [];
const core = {
  setProgrammingModel() {},
  registerHook: () => ({ dispose() {} }),
  registerFunction(metadata, handler) {
    registered.push({ metadata, handler });
    return { dispose() {} };
  },
};
const load = Module._load;
Module._load = function (id, ...rest) {
  return id === '@azure/functions-core' ? core : load.call(this, id, ...rest);
};

/* global URLSearchParams, Headers */

/** @param {{ name: string, body?: unknown, query?: string, headers?: object }} call */
function requestOf({ body, query = '', headers = {} }) {
  return { json: async () => body, query: new URLSearchParams(query), headers: new Headers(headers) };
}

async function main() {
  require(process.argv[2]);
  const call = JSON.parse(await text(process.stdin));
  const functions = registered.map(({ metadata }) => ({
    name: metadata.name,
    bindings: Object.values(metadata.bindings),
    retry: metadata.retryOptions,
  }));
  const said = [];
  const context = { log: (line) => said.push(line), warn: (line) => said.push(`warn ${line}`) };
  const { handler } = registered.find(({ metadata }) => metadata.name === call.name);
  const response = await handler(requestOf(call), context);
  process.stdout.write(JSON.stringify({ functions, response, said }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
