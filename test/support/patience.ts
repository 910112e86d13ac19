// Servers, compilers and disks answer in their own time, the more so on a busy machine; what is too slow is a matter of
// benches. The limit is there to end what would never end, so no test needs one of its own unless it takes minutes.
jest.setTimeout(300_000);
