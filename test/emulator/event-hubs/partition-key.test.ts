import { partitionOfKey } from '../../../emulator/event-hubs/log/partition-key';

// From @azure/event-hubs 6.0.4, mapPartitionKeyToId, with 4 and with 32 partitions.
it.each([
  ['pump-1', 3, 3],
  ['pump-2', 2, 26],
  ['exactly-12ch', 2, 18],
  ['a-key-of-more-than-twelve-bytes', 3, 3],
  ['', 0, 0],
])('puts %j where Event Hubs does', (key, ofFour, ofMany) => {
  expect([4, 32].map((count) => partitionOfKey(key, count))).toEqual([ofFour, ofMany]);
});
