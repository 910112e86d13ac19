import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import {
  type handleServerStreamingCall,
  type handleUnaryCall,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { ILanguageRuntimeServer } from '@pulumi/pulumi/proto/language_grpc_pb';
import * as language from '@pulumi/pulumi/proto/language_pb';
import * as plugin from '@pulumi/pulumi/proto/plugin_pb';
import { programDependencies, type RequiredPlugin, requiredPlugins } from './packages';
import { startPolicyPack, streamTo } from './policy-pack';
import { endOf, type ProgramEnd, startProgram } from './program';

/** Less than the 5 s that the engine gives its plugins. */
const GRACE_MS = 3_000;

/** The LanguageRuntime service, and the way to end the programs that it runs. */
export interface LanguageRuntime {
  /** the methods it has; the engine gets UNIMPLEMENTED from the others and says so */
  readonly service: UntypedServiceImplementation;
  /** Interrupts every running program and waits until all have ended. */
  close(): Promise<void>;
}

/**
 * The part of pulumirpc.LanguageRuntime (proto/pulumi/language.proto) that `preview`, `up`, `refresh`, `destroy` and
 * `about` use, with policy packs. Making code and installing packages is left to npm and the official language host.
 *
 * @param engineAddress where programs send their log
 */
export function languageRuntime(engineAddress: string): LanguageRuntime {
  const programs = new Map<ChildProcess, Promise<ProgramEnd>>();
  const close = async () => {
    for (const child of programs.keys()) child.kill('SIGINT');
    const late = setTimeout(() => programs.forEach((_, child) => child.kill('SIGKILL')), GRACE_MS);
    await Promise.all(programs.values());
    clearTimeout(late);
  };
  const watched = (child: ChildProcess): Promise<ProgramEnd> => {
    const end = endOf(child).finally(() => programs.delete(child));
    programs.set(child, end);
    return end;
  };
  const run = async (request: language.RunRequest) => responseOf(await watched(startProgram(request, engineAddress)));
  const runPlugin: handleServerStreamingCall<language.RunPluginRequest, language.RunPluginResponse> = (stream) => {
    try {
      const child = startPolicyPack(stream.request);
      streamTo(stream, child);
      void watched(child);
    } catch (error) {
      stream.destroy(Object.assign(new Error(messageOf(error)), { code: status.UNKNOWN }));
    }
  };
  const service: Partial<ILanguageRuntimeServer> = {
    handshake: answer(() => new language.LanguageHandshakeResponse()),
    getPluginInfo: answer(() => new plugin.PluginInfo().setVersion(sdkVersion())),
    getRequiredPlugins: answer(getRequiredPlugins),
    getRequiredPackages: answer(getRequiredPackages),
    getProgramDependencies: answer(getProgramDependencies),
    about: answer(() => new language.AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
    run: answer(run),
    runPlugin,
    cancel: answer(async (empty) => close().then(() => empty)),
  };
  return { service: service as UntypedServiceImplementation, close };
}

/** Makes a unary handler of a function; what it throws reaches the engine as the call's error. */
function answer<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return ({ request }, callback) => {
    Promise.resolve()
      .then(() => handle(request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback({ code: status.UNKNOWN, details: messageOf(error) }),
      );
  };
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function responseOf(end: ProgramEnd): language.RunResponse {
  switch (end.kind) {
    case 'succeeded':
      return new language.RunResponse();
    case 'reported':
      return new language.RunResponse().setBail(true);
    case 'failed':
      return new language.RunResponse().setError(end.error);
  }
}

const folderOf = (request: { getInfo(): language.ProgramInfo | undefined }) =>
  request.getInfo()?.getProgramDirectory() ?? process.cwd();

function getRequiredPlugins(request: language.GetRequiredPluginsRequest): language.GetRequiredPluginsResponse {
  const found = requiredPlugins(folderOf(request)).filter(({ parameterization }) => parameterization === undefined);
  const message = ({ name, version, server = '' }: RequiredPlugin) =>
    new plugin.PluginDependency().setName(name).setKind('resource').setVersion(version).setServer(server);
  return new language.GetRequiredPluginsResponse().setPluginsList(found.map(message));
}

function getRequiredPackages(request: language.GetRequiredPackagesRequest): language.GetRequiredPackagesResponse {
  return new language.GetRequiredPackagesResponse().setPackagesList(requiredPlugins(folderOf(request)).map(packageOf));
}

function packageOf({ name, version, server = '', parameterization }: RequiredPlugin): plugin.PackageDependency {
  const message = new plugin.PackageDependency()
    .setName(name)
    .setKind('resource')
    .setVersion(version)
    .setServer(server);
  if (!parameterization) return message;
  const parameters = new plugin.PackageParameterization()
    .setName(parameterization.name)
    .setVersion(parameterization.version)
    .setValue(parameterization.value);
  return message.setParameterization(parameters);
}

function getProgramDependencies(
  request: language.GetProgramDependenciesRequest,
): language.GetProgramDependenciesResponse {
  const found = programDependencies(folderOf(request), request.getTransitivedependencies());
  const message = ({ name, version }: (typeof found)[number]) =>
    new language.DependencyInfo().setName(name).setVersion(version);
  return new language.GetProgramDependenciesResponse().setDependenciesList(found.map(message));
}

function sdkVersion(): string {
  const manifest = readFileSync(require.resolve('@pulumi/pulumi/package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
