/** What a Temporal server is to those who use one, whoever started it. */
export interface TemporalServer {
  /** `host:port` of the gRPC frontend. */
  readonly address: string;
  readonly namespace: string;
  /** Web UI, if this server is ours and has one. */
  readonly uiUrl: string | undefined;
  /** Of the running process; undefined for an existing server or between kill and restart. */
  readonly pid: number | undefined;
  /** False: an existing server, which close, kill and restart never touch. */
  readonly owned: boolean;
  /** SIGTERM, after 5 s SIGKILL; settles when the process is gone. Does nothing to an existing server. */
  close(): Promise<void>;
  /** Sends a signal (default SIGKILL) and waits for the end of the process, but not for SIGSTOP and SIGCONT. For crash tests. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts again on the same ports and file, closing a running process first. */
  restart(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
