/** Folders for databases of tests: each commit is flushed, and tests side by side wait for one disk. */
import { mkdtempSync, statfsSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const memory = "/dev/shm"
const wantedBytes = 512 * 1024 * 1024

/** Of Linux. https://man7.org/linux/man-pages/man2/statfs.2.html (read 2026-11-21) */
const tmpfs = 0x01021994

const isRoomy = (): boolean => {
  try {
    const { bavail, bsize, type } = statfsSync(memory)
    return type === tmpfs && bavail * bsize >= wantedBytes
  } catch {
    // NOTE: other systems have no such folder.
    return false
  }
}

/**
 * A new folder: in memory where the machine has room there, else among temporary files. It outlives every process like any
 * other; only a power cut is different, which no test plays. Whoever makes it removes it.
 */
export const quickFolder = (prefix: string): string => mkdtempSync(join(isRoomy() ? memory : tmpdir(), prefix))
