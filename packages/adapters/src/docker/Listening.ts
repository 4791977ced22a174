/** TCP ports that are listened on inside a container, read from the kernel where it is ours. */
import { readFileSync } from "node:fs"

const listenState = "0A"
const loopback = /^(0100007F|0{24}01000000|0{16}FFFF00000100007F)$/
/** Docker's own name server listens inside every container, on 127.0.0.11. */
const dockerResolver = "0B00007F"

/** `null` where the kernel does not show it: another machine, or no right to look. */
export const listeningIn = (
  pid: number
): ReadonlyArray<{ readonly port: number; readonly loopbackOnly: boolean }> | null => {
  try {
    return [`/proc/${pid}/net/tcp`, `/proc/${pid}/net/tcp6`].flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .slice(1)
        .flatMap((line) => {
          const fields = line.trim().split(/\s+/)
          const [address = "", port = ""] = (fields[1] ?? "").split(":")
          return fields[3] === listenState && address !== dockerResolver
            ? [{ port: Number.parseInt(port, 16), loopbackOnly: loopback.test(address) }]
            : []
        })
    )
  } catch {
    // NOTE: with Docker on another machine the pid is not ours, and there is nothing to be seen.
    return null
  }
}
