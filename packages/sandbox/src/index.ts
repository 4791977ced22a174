/** A GitHub over HTTP, to run and test bots offline. */
export * from "./Faults.ts"
export * from "./GitHubSandbox.ts"
export * from "./GitHubState.ts"
export * from "./Repositories.ts"
export * from "./SandboxClient.ts"
export * from "./SandboxControl.ts"
