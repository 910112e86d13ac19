export { Agent } from './agent';
export type { AgentOptions, Doings, Effects, Fixed, Provisioned } from './options';
export type { Arrival } from './cache';
export type { HubEvents, HubSession, OpenHub } from './hub';
export type {
  Credentials,
  DesiredHandler,
  Device,
  GroupKey,
  Home,
  MethodAnswer,
  MethodHandler,
  OnceMethod,
  Properties,
  Scope,
  Telemetry,
} from './types';
