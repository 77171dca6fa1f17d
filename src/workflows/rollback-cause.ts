/** Why a switch goes back. Thrown by stages, never out of the workflow. */
export class RollbackCause extends Error {
  readonly trigger: 'operator' | 'cancel' | 'gate' | 'deadline' | 'failure';
  readonly gate: string | null;

  constructor(trigger: RollbackCause['trigger'], message: string, gate: string | null = null) {
    super(message);
    this.trigger = trigger;
    this.gate = gate;
  }
}
