/** Which addresses callbacks may go to: those of the public Internet, and no others. */
import ipaddr from "ipaddr.js"

/** All of the Internet's unicast addresses are in it. https://www.iana.org/assignments/ipv6-address-space (read 2026-11-21) */
const globalUnicast = ipaddr.IPv6.parseCIDR("2000::/3")

/**
 * What a cloud tells its virtual machines there, secrets included, is nobody else's, though the numbers are public or
 * private ones. Azure: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16, AWS:
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html (read 2026-11-21)
 */
const metadata = new Set(["168.63.129.16", "fd00:ec2::254"])

const privateRanges: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal"])

/** An address as a URL has it, without brackets and without a zone. */
const bare = (address: string) => address.replace(/^\[(.*)\]$/, "$1").replace(/%.*$/, "")

/** Whether it is an address, not a name. URLs have theirs in decimal, whatever was written. */
export const isAddress = (host: string): boolean => ipaddr.isValid(bare(host))

/**
 * Whether an address is on the public Internet. Private, shared, local, reserved and documentation ranges are not, nor
 * multicast, nor an IPv6 address that stands for an IPv4 one (mapped, translated, tunnelled), nor what is no address.
 */
export const isPublic = (address: string): boolean => {
  const text = bare(address)
  if (!ipaddr.isValid(text)) return false
  const parsed = ipaddr.parse(text)
  if (parsed.range() !== "unicast" || metadata.has(parsed.toString())) return false
  return parsed instanceof ipaddr.IPv4 || parsed.match(globalUnicast)
}

/**
 * Whether an address is of this machine or of a private network (RFC 1918, RFC 4193). Link-local addresses are not: a
 * cloud's metadata are there.
 */
export const isPrivate = (address: string): boolean => {
  const text = bare(address)
  if (!ipaddr.isValid(text)) return false
  const parsed = ipaddr.parse(text)
  return privateRanges.has(parsed.range()) && !metadata.has(parsed.toString())
}

/** Whether a host is this machine itself: an address of it, or a name that is always one (RFC 6761, section 6.3). */
export const isLoopback = (host: string): boolean => {
  const text = bare(host).replace(/\.$/, "")
  return ipaddr.isValid(text)
    ? ipaddr.parse(text).range() === "loopback"
    : text === "localhost" || text.endsWith(".localhost")
}
