/**
 * Makes the base images of tests and examples where the engine lacks them and no registry answers: `busybox:1` from
 * Debian's busybox-static, and a stand-in for `node:24-alpine` from the workspace's own Node. Does nothing for an image
 * that is there, wherever it came from.
 */
import { execFileSync } from "node:child_process"
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { root } from "./support.mjs"

const docker = (args) => execFileSync("docker", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] })

const exists = (image) => {
  try {
    docker(["image", "inspect", image])
    return true
  } catch {
    return false
  }
}

const busybox = "/bin/busybox"
const node = join(root, "node_modules", "node", "bin", "node")

const requireFile = (file, hint) => {
  if (!existsSync(file)) {
    process.stderr.write(`${file} is missing: ${hint}\n`)
    process.exit(1)
  }
}

/** Every shared library of a program, and its loader. */
const librariesOf = (program) =>
  execFileSync("ldd", [program], { encoding: "utf8" })
    .split("\n")
    .flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? [])

const addBusybox = (folder) => {
  mkdirSync(join(folder, "bin"), { recursive: true })
  copyFileSync(busybox, join(folder, "bin", "busybox"))
  for (const name of execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n")) {
    if (name !== "busybox") symlinkSync("busybox", join(folder, "bin", name))
  }
  for (const name of ["tmp", "var/log", "root", "proc"]) mkdirSync(join(folder, name), { recursive: true })
}

const addNode = (folder) => {
  mkdirSync(join(folder, "usr", "bin"), { recursive: true })
  copyFileSync(node, join(folder, "usr", "bin", "node"))
  chmodSync(join(folder, "usr", "bin", "node"), 0o755)
  for (const library of librariesOf(node)) {
    const target = join(folder, dirname(library), basename(library))
    mkdirSync(dirname(target), { recursive: true })
    copyFileSync(realpathSync(library), target)
    chmodSync(target, 0o755)
  }
}

const make = (image, fill, command) => {
  if (exists(image)) return
  const folder = mkdtempSync(join(tmpdir(), "pb-image-"))
  try {
    const files = join(folder, "root")
    fill(files)
    writeFileSync(
      join(folder, "Dockerfile"),
      `FROM scratch\nCOPY root/ /\nENV PATH=/usr/bin:/bin\nLABEL productbuilding.test-image=true\nCMD ${JSON.stringify(command)}\n`
    )
    docker(["build", "-q", "-t", image, folder])
    process.stdout.write(`made ${image}\n`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

requireFile(busybox, "install Debian's package busybox-static")
requireFile(node, "install the workspace first")
make("busybox:1", addBusybox, ["sh"])
make(
  "node:24-alpine",
  (files) => {
    addBusybox(files)
    addNode(files)
  },
  ["node"]
)
