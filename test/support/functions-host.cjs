// Stands in for the Node worker of Azure Functions: loads a deployed package as the worker does (by `main` of its
// package.json), lets it register, calls the registered handler once, and prints what came of both.
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

async function main() {
  require(process.argv[2]);
  const [{ metadata, handler }] = registered;
  const body = await text(process.stdin);
  const said = [];
  const context = { log: (line) => said.push(line), warn: (line) => said.push(`warn ${line}`) };
  const response = await handler({ json: async () => JSON.parse(body) }, context);
  process.stdout.write(JSON.stringify({ count: registered.length, bindings: metadata.bindings, response, said }));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
