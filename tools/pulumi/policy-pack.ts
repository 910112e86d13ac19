import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { RunPluginResponse, type RunPluginRequest } from '@pulumi/pulumi/proto/language_pb';
import { scriptFor } from './program';

/** The kind by which the engine asks for a policy pack (sdk/go/common/apitype, AnalyzerPlugin). */
const POLICY_PACK = 'analyzer';

/**
 * The command line of @pulumi/pulumi/cmd/run-policy-pack, for which the folder of the pack comes last (the official
 * language host, RunPlugin).
 */
export const policyPackArguments = (request: RunPluginRequest): string[] => [
  ...request.getArgsList(),
  folderOf(request),
];

const folderOf = (request: RunPluginRequest): string => request.getInfo()?.getProgramDirectory() ?? request.getPwd();

/**
 * Starts a policy pack in a process of its own. The stack's configuration is not handed to it, as the official host
 * does: rules see the resources.
 *
 * @throws when the pack has no @pulumi/pulumi, and for plugins of another kind
 */
export function startPolicyPack(request: RunPluginRequest): ChildProcess {
  if (request.getKind() !== POLICY_PACK)
    throw new Error(
      `this language host runs policy packs, and no plugin of kind '${request.getKind()}': that takes the official one`,
    );
  const script = scriptFor('@pulumi/pulumi/cmd/run-policy-pack', folderOf(request));
  const given = request.getEnvList().map((one) => [one.split('=', 1)[0] ?? '', one.slice(one.indexOf('=') + 1)]);
  return spawn(process.execPath, [script, ...policyPackArguments(request)], {
    cwd: folderOf(request),
    env: Object.fromEntries(given) as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

type Stream = ServerWritableStream<RunPluginRequest, RunPluginResponse>;

/** Hands what a process prints, and at last its exit code, to the engine; ends it when the engine hangs up. */
export function streamTo(stream: Stream, child: ChildProcess): void {
  stream.once('cancelled', () => child.kill('SIGKILL'));
  child.stdout?.on('data', (chunk: Buffer) => stream.write(new RunPluginResponse().setStdout(chunk)));
  child.stderr?.on('data', (chunk: Buffer) => stream.write(new RunPluginResponse().setStderr(chunk)));
  child.once('error', (error) => stream.destroy(error));
  child.once('close', (code) => {
    stream.write(new RunPluginResponse().setExitcode(code ?? 1));
    stream.end();
  });
}
