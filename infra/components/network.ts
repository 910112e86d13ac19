/** Who may connect: these addresses and ranges (IPv4, CIDR) only; with none, private endpoints only. */
export interface Network {
  readonly allowedIps: readonly string[];
}
