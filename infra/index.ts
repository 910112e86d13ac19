import * as pulumi from '@pulumi/pulumi';
import { readCertificates } from './certificate-files';
import { readConfig } from './config';
import { foundationOf } from './foundation';
import { hubsOf } from './hubs';
import { neighboursOf } from './neighbours';
import { outputsOf } from './outputs';
import { enroll, provisioningOf } from './provisioning';
import { deployerRightsOf, workerIdentityOf } from './rights';
import { allocationOf, hostWorker, ledgerOf, telemetryOf } from './services';
import { withholdAnswers } from './withhold-answers';

withholdAnswers();

const config = readConfig();
const certificates = readCertificates(config, pulumi.getRootDirectory());
const neighbourhood = neighboursOf(config);
const foundation = foundationOf(config, neighbourhood ? [neighbourhood] : []);

const ledgerStorage = ledgerOf(config, foundation);
const pipeline = telemetryOf(config, foundation, ledgerStorage);
const iotHubs = hubsOf(config, foundation, pipeline);
const dps = provisioningOf(config, foundation, iotHubs);
const ground = { ledger: ledgerStorage, telemetry: pipeline, hubs: iotHubs, provisioning: dps };
const allocationFunction = allocationOf(config, foundation, ground);

const governed = { hubs: iotHubs, provisioning: dps, ledger: ledgerStorage, telemetry: pipeline };
const deployerRights = deployerRightsOf(config, foundation, governed);
const identity = workerIdentityOf(config, foundation, governed);
if (dps !== undefined) {
  const surroundings = { provisioning: dps, hubs: iotHubs, allocation: allocationFunction, certificates };
  enroll(config, foundation, surroundings, deployerRights.assignments);
}

const fleet = {
  hubs: iotHubs,
  provisioning: dps,
  ledger: ledgerStorage,
  telemetry: pipeline,
  allocation: allocationFunction,
  worker: identity,
  neighbourhood,
};
const outputs = outputsOf(fleet, config);
hostWorker(config, foundation, identity, outputs);

// Not as single exports: one that the stack does without would be a warning.
export = outputs;
