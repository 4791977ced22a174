/** The agent: who talks to it, what it may do, and the record of all it did. */
export { layerConfig as agentLayer } from "./Agent.ts"
export * from "./AgentModel.ts"
export * from "./AgentPolicy.ts"
export * from "./AgentSettings.ts"
export type {
  AgentTool,
  PreparedCall,
  ToolCall,
  ToolDefinition,
  ToolEffect,
  ToolOutcome,
  ToolPlace
} from "./AgentTool.ts"
export * as AgentTools from "./AgentTool.ts"
export { ToolFailed } from "./AgentTool.ts"
export * from "./Budget.ts"
export * as BudgetWords from "./BudgetWords.ts"
export * from "./Code.ts"
export * from "./Conversation.ts"
export * from "./Delegate.ts"
export * from "./Issues.ts"
export { executeTool } from "./internal/turnSpans.ts"
export * from "./Members.ts"
export { layer as offlineSpecialistsLayer } from "./OfflineSpecialists.ts"
export { outgoing } from "./Outgoing.ts"
export * as OutsideText from "./OutsideText.ts"
export * from "./PreviewDesk.ts"
export * from "./Replay.ts"
export * from "./Replayed.ts"
export { SlackThreads } from "./SlackThreads.ts"
export type { Specialist } from "./Specialist.ts"
export { layer as specialistsLayer, Specialists } from "./Specialists.ts"
export * as SqlBudget from "./SqlBudget.ts"
export * as SqlTurnStore from "./SqlTurnStore.ts"
export * as ToolParameters from "./ToolParameters.ts"
export * from "./Turn.ts"
export * as TurnAudit from "./TurnAudit.ts"
export { layer as turnDraftsLayer, TurnDrafts } from "./TurnDrafts.ts"
export * as TurnHash from "./TurnHash.ts"
export { recordOf, type TurnRecord } from "./TurnRecord.ts"
export { layer as turnRunLayer } from "./TurnRun.ts"
export * from "./TurnStore.ts"
export { DecisionRefused, layer as turnsLayer, Turns } from "./Turns.ts"
