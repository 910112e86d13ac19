#!/usr/bin/env node
import { Command } from 'commander';

const program = new Command('iothub-emulator').description('A local Azure IoT Hub for the unmodified Azure SDKs');

void program.parseAsync();
