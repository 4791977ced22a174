/** What a service of a preview may not have, or need not say. */

/** Keys of a service that give it power over the machine. Each is refused when it says anything. */
export const forbidden: Readonly<Record<string, string>> = {
  privileged: "a privileged container owns the machine",
  cap_add: "capabilities beyond Docker's default reach beyond the container",
  devices: "devices belong to the machine",
  device_cgroup_rules: "devices belong to the machine",
  gpus: "devices belong to the machine",
  security_opt: "it can switch the container's confinement off",
  cgroup_parent: "control groups belong to the machine",
  cgroup: "control groups belong to the machine",
  sysctls: "kernel settings belong to the machine",
  userns_mode: "user namespaces belong to the machine",
  oom_kill_disable: "memory belongs to the machine",
  oom_score_adj: "it decides whose processes the machine ends",
  runtime: "how containers are run is the operator's choice",
  uts: "the host's namespaces belong to the machine",
  volumes_from: "it can reach containers of others; name the volume instead",
  external_links: "it reaches containers of others",
  credential_spec: "credentials of the machine are not for previews",
  use_api_socket: "the engine's socket owns the machine",
  provider: "it runs a program on the machine"
}

/** Namespaces that may be a service's own or another service's, and nobody else's. */
export const sharedNamespaces = ["network_mode", "pid", "ipc"] as const
export const harmlessNamespace = /^(service:.+|none|bridge|private|shareable|default)$/

/** Dropped without a word: what would collide, what the server sets itself, and what only development needs. */
export const dropped = [
  "container_name",
  "ports",
  "labels",
  "label_file",
  "annotations",
  "develop",
  "profiles",
  "scale",
  "mac_address"
] as const

/** Whether Compose or the builder would fetch it from elsewhere, even when a file of that name exists. */
export const isRemotePath = (path: string): boolean =>
  /^([a-z][a-z0-9+.-]*:\/\/|[^/]+@[^/]+:|github\.com\/)/i.test(path)
