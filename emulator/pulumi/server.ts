import * as grpc from '@grpc/grpc-js';
import { PluginInfo } from '@pulumi/pulumi/proto/plugin_pb';
import { ResourceProviderService } from '@pulumi/pulumi/proto/provider_grpc_pb';
import * as proto from '@pulumi/pulumi/proto/provider_pb';
import { Status } from '@pulumi/pulumi/proto/status_pb';
import { Any } from 'google-protobuf/google/protobuf/any_pb';
import { Empty } from 'google-protobuf/google/protobuf/empty_pb';
import { type JavaScriptValue, Struct } from 'google-protobuf/google/protobuf/struct_pb';

import { ArmClient } from './arm-client';
import { PartialStateError } from './errors';
import { AzureNative } from './provider';
import { SDK_VERSION } from './schema/schema';
import { compact, marking, plain, type Properties } from './values';

const LOCATION = 'azure-native:config:location';

const asSent = (struct: Struct | undefined): Properties => struct?.toJavaScript() ?? {};
/** Without the marks of secrets, which answers get back by {@link marking}: the Resource Manager knows none. */
const fromStruct = (struct: Struct | undefined): Properties => plain(asSent(struct)) as Properties;
/** @param marked what came in: what was secret there is secret in the answer */
const toStruct = (properties: Properties, marked?: Struct): Struct =>
  Struct.fromJavaScript(compact(marking(properties, asSent(marked))) as Record<string, JavaScriptValue>);

const { PropertyDiff, DiffResponse } = proto;
const KINDS = {
  add: [PropertyDiff.Kind.ADD, PropertyDiff.Kind.ADD_REPLACE],
  delete: [PropertyDiff.Kind.DELETE, PropertyDiff.Kind.DELETE_REPLACE],
  update: [PropertyDiff.Kind.UPDATE, PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

/** The state of a resource that is there in spite of an error, where the engine looks for it (provider.proto). */
function detailsOf(error: PartialStateError, marked: Struct | undefined): grpc.Metadata {
  const failed = new proto.ErrorResourceInitFailed().setId(error.id).setReasonsList([error.message]);
  failed.setProperties(toStruct(error.outputs, marked)).setInputs(toStruct(error.inputs, marked));
  const details = new Any();
  details.pack(failed.serializeBinary(), 'pulumirpc.ErrorResourceInitFailed');
  const status = new Status().setCode(grpc.status.UNKNOWN).setMessage(error.message);
  status.addDetails(details);
  const metadata = new grpc.Metadata();
  metadata.add('grpc-status-details-bin', Buffer.from(status.serializeBinary()));
  return metadata;
}

/** Answers a call with the handler's result, or with its error's message. */
function unary<Q, A>(
  handler: (request: Q) => A | Promise<A>,
  inputsOf: (request: Q) => Struct | undefined = () => undefined,
): grpc.handleUnaryCall<Q, A> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then((answer) => callback(null, answer))
      .catch((cause: unknown) => {
        const details = cause instanceof Error ? cause.message : String(cause);
        const metadata =
          cause instanceof PartialStateError ? { metadata: detailsOf(cause, inputsOf(call.request)) } : {};
        callback({ code: grpc.status.UNKNOWN, details, ...metadata });
      });
  };
}

function diffResponse({ changes, replaces, deleteBeforeReplace }: ReturnType<AzureNative['diff']>): proto.DiffResponse {
  const response = new DiffResponse();
  response.setChanges(changes.size > 0 ? DiffResponse.DiffChanges.DIFF_SOME : DiffResponse.DiffChanges.DIFF_NONE);
  response.setReplacesList([...replaces]).setDiffsList([...changes.keys()]);
  response.setDeletebeforereplace(deleteBeforeReplace).setHasdetaileddiff(true);
  for (const [path, kind] of changes) {
    const [update, replace] = KINDS[kind];
    const property = new PropertyDiff().setInputdiff(true).setKind(replaces.includes(path) ? replace : update);
    response.getDetaileddiffMap().set(path, property);
  }
  return response;
}

function checkResponse(
  { inputs, failures }: Awaited<ReturnType<AzureNative['check']>>,
  news: Struct | undefined,
): proto.CheckResponse {
  const response = new proto.CheckResponse().setInputs(toStruct(inputs, news));
  for (const { property, reason } of failures) {
    response.addFailures(new proto.CheckFailure().setProperty(property).setReason(reason));
  }
  return response;
}

/** The gRPC face of {@link AzureNative}. What is secret in inputs is secret in the outputs of the same place. */
class Service {
  #provider: AzureNative | undefined;

  readonly handlers: grpc.UntypedServiceImplementation = {
    // An engine that shakes hands takes it from here, an older one from `configure`.
    handshake: unary(() => new proto.ProviderHandshakeResponse().setAcceptSecrets(true)),
    attach: unary(() => new Empty()),
    cancel: unary(() => {
      this.#provider?.cancel();
      return new Empty();
    }),
    getPluginInfo: unary(() => new PluginInfo().setVersion(SDK_VERSION)),
    checkConfig: unary((request: proto.CheckRequest) => new proto.CheckResponse().setInputs(request.getNews())),
    diffConfig: unary(() => new DiffResponse().setChanges(DiffResponse.DiffChanges.DIFF_NONE)),
    configure: unary((request: proto.ConfigureRequest) => this.#configure(request)),
    check: unary((request: proto.CheckRequest) => this.#check(request)),
    diff: unary((request: proto.DiffRequest) => this.#diff(request)),
    create: unary(
      (request: proto.CreateRequest) => this.#create(request),
      (request) => request.getProperties(),
    ),
    read: unary((request: proto.ReadRequest) => this.#read(request)),
    update: unary(
      (request: proto.UpdateRequest) => this.#update(request),
      (request) => request.getNews(),
    ),
    delete: unary(async (request: proto.DeleteRequest) => {
      await this.#azure.delete(request.getType(), request.getId());
      return new Empty();
    }),
    invoke: unary(async (request: proto.InvokeRequest) => {
      const result = await this.#azure.invoke(request.getTok(), fromStruct(request.getArgs()));
      return new proto.InvokeResponse().setReturn(toStruct(result));
    }),
  };

  get #azure(): AzureNative {
    if (this.#provider === undefined) throw new Error('the engine has not configured the provider');
    return this.#provider;
  }

  #configure(request: proto.ConfigureRequest): proto.ConfigureResponse {
    this.#provider = new AzureNative(ArmClient.fromEnvironment(process.env), request.getVariablesMap().get(LOCATION));
    return new proto.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(true);
  }

  async #check(request: proto.CheckRequest): Promise<proto.CheckResponse> {
    const [olds, news] = [fromStruct(request.getOlds()), fromStruct(request.getNews())];
    const seed = request.getRandomseed_asU8();
    const checked = await this.#azure.check(request.getType(), request.getName(), olds, news, seed);
    return checkResponse(checked, request.getNews());
  }

  #diff(request: proto.DiffRequest): proto.DiffResponse {
    const [oldInputs, news] = [fromStruct(request.getOldInputs()), fromStruct(request.getNews())];
    return diffResponse(this.#azure.diff(request.getType(), request.getName(), oldInputs, news));
  }

  async #create(request: proto.CreateRequest): Promise<proto.CreateResponse> {
    const inputs = fromStruct(request.getProperties());
    const { id, outputs } = await this.#azure.create(request.getType(), inputs, request.getPreview());
    return new proto.CreateResponse().setId(id).setProperties(toStruct(outputs, request.getProperties()));
  }

  async #read(request: proto.ReadRequest): Promise<proto.ReadResponse> {
    const [declared, before] = [fromStruct(request.getInputs()), fromStruct(request.getProperties())];
    const { id, outputs, inputs } = await this.#azure.read(request.getType(), request.getId(), declared, before);
    const response = new proto.ReadResponse().setId(id).setInputs(toStruct(inputs, request.getInputs()));
    return response.setProperties(toStruct(outputs, request.getProperties()));
  }

  async #update(request: proto.UpdateRequest): Promise<proto.UpdateResponse> {
    const [olds, news, oldInputs] = [request.getOlds(), request.getNews(), request.getOldInputs()].map(fromStruct);
    const { outputs } = await this.#azure.update(
      request.getType(),
      request.getId(),
      olds ?? {},
      news ?? {},
      request.getPreview(),
      oldInputs,
    );
    return new proto.UpdateResponse().setProperties(toStruct(outputs, request.getNews()));
  }
}

/**
 * Serves the provider on a free loopback port and prints the port, which is how the engine learns it. Ends when the
 * engine, which holds the other end of standard input, is gone; calls that are under way then are not waited for.
 */
export async function serve(): Promise<void> {
  const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const server = new grpc.Server(unlimited);
  server.addService(ResourceProviderService, new Service().handlers);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  process.stdout.write(`${port}\n`);
  process.stdin.once('close', () => server.forceShutdown()).resume();
}
