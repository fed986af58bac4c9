import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;

/** What is routed on the public internet in IPv6; whatever lies outside is not handed out to anybody (IANA). */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
/** NAT64 (RFC 6052): how a network of IPv6 alone reaches the rest. */
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * Whether an address may be called. Public ones may; of the others (loopback, private, link-local with the metadata of
 * clouds, shared, reserved, multicast, documentation, tunnels, …) only those in one of the `networks`.
 * @param networks addresses, or networks in CIDR; checked before (`isNetwork`)
 */
export function addressFilter(networks: readonly string[]): (address: string) => boolean {
  const allowed = networks.map((network) => ipaddr.parseCIDR(asCidr(network)));
  return (text) => {
    // Stricter than ipaddr.js, which reads octal and short forms, as some resolvers do and others do not.
    if (isIP(text) === 0) return false;
    const address = destination(ipaddr.parse(text));
    return isPublic(address) || allowed.some((network) => isWithin(address, network));
  };
}

/** One address, or a network that is not everything there is. */
export function isNetwork(text: string): boolean {
  const [address = '', bits, ...others] = text.split('/');
  const width = { 4: 32, 6: 128 }[isIP(address)];
  if (width === undefined || others.length > 0) return false;
  return bits === undefined || (/^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= width);
}

/** An address of IPv6 may stand for one of IPv4, and that is where the packets go. */
function destination(address: Address): Address {
  if (!(address instanceof ipaddr.IPv6)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  return address.match(nat64) ? ipaddr.fromByteArray(address.toByteArray().slice(12)) : address;
}

/** `unicast` is what ipaddr.js calls whatever has no special purpose. It has no name for some that are not in use. */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return !(address instanceof ipaddr.IPv6) || address.match(globalUnicast);
}

function isWithin(address: Address, [network, bits]: [Address, number]): boolean {
  if (address instanceof ipaddr.IPv6) return network instanceof ipaddr.IPv6 && address.match(network, bits);
  return network instanceof ipaddr.IPv4 && address.match(network, bits);
}

const asCidr = (network: string): string =>
  network.includes('/') ? network : `${network}/${isIP(network) === 4 ? 32 : 128}`;
