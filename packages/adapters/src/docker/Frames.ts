/** The engine's framing of output: eight bytes of header (stream, three zeros, length), then the bytes. */

const headerBytes = 8

/**
 * Takes a container's output apart. https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 * (read 2026-11-21). Feed it chunks in order; it answers with the payload so far, both streams in the order of arrival.
 */
export const makeUnframe = (): ((chunk: Uint8Array) => Uint8Array) => {
  let rest = new Uint8Array(0)
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk])
    const payload: Array<Uint8Array> = []
    let at = 0
    while (bytes.length - at >= headerBytes) {
      const length = bytes.readUInt32BE(at + 4)
      if (bytes.length - at - headerBytes < length) break
      payload.push(bytes.subarray(at + headerBytes, at + headerBytes + length))
      at += headerBytes + length
    }
    rest = new Uint8Array(bytes.subarray(at))
    return Buffer.concat(payload)
  }
}
