/**
 * One call of a color: bounded in time, given up when the client is gone, and told apart by who ended it.
 *
 * Invariant: it never throws. What it returns is an answer that can be passed on, or a status and a class.
 */
import { leftClass } from '../domain/request-line.ts';
import { originHeaders, type Job, type RouterPorts } from './job.ts';
import { TOO_LARGE, watchUpload, type Upload } from './request-body.ts';

export interface Failure {
  readonly status: number;
  /** Error class. */
  readonly error: string;
}

/** @param onGone called at once when the client leaves before the headers: nothing else may come after it. */
export async function callOrigin(
  ports: RouterPorts,
  job: Job,
  onGone: (failure: Failure) => void,
): Promise<Response | Failure> {
  const { gone, settings } = job;
  const stop = new AbortController();
  let upload: Upload | null = null;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort();
  }, settings.originTimeoutMs);
  const leave = (): void => {
    onGone(leftBy(ports, job, upload));
    stop.abort();
  };
  gone.addEventListener('abort', leave, { once: true });
  try {
    const init: RequestInit = {
      method: job.method,
      headers: originHeaders(job),
      redirect: 'manual',
      signal: stop.signal,
    };
    const { body } = job.request;
    if (body !== null && !READS.has(job.method)) {
      upload = watchUpload(job.request, body, {
        openPipe: ports.pipe,
        maxBytes: settings.maxBodyBytes,
        keepAlive: job.defer,
      });
      Object.assign(init, { body: upload.body, duplex: 'half' });
    }
    const received = await ports.origin(job.decision.color, job.target, init);
    return received.status === 101 || isFinal(received) ? received : await refused(received);
  } catch (cause) {
    if (upload?.state() === 'over') return { status: 413, error: TOO_LARGE };
    if (upload?.state() === 'cut') return { status: 400, error: 'client:upload_cut' };
    if (gone.aborted) return leftBy(ports, job, upload);
    if (timedOut) return { status: 504, error: 'headers:timeout' };
    return { status: 502, error: connectionError(cause) };
  } finally {
    clearTimeout(timer);
    gone.removeEventListener('abort', leave);
  }
}

/** Methods whose requests have no body. */
export const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** An answer with another status cannot be passed on: runtimes build none outside this range. */
function isFinal({ status }: Response): boolean {
  return status >= 200 && status <= 599;
}

async function refused(received: Response): Promise<Failure> {
  await received.body?.cancel().catch(() => undefined);
  return { status: 502, error: `headers:bad_status:${received.status}` };
}

function leftBy(ports: RouterPorts, job: Job, upload: Upload | null): Failure {
  if (upload !== null && upload.state() !== 'sent') return { status: 499, error: 'client:upload_cut' };
  return { status: 499, error: leftClass(ports.clock() - job.startMs) };
}

/** workerd tells a refused connection and one closed before the headers by message only. */
function connectionError(cause: unknown): string {
  return /refused|ECONNREFUSED/i.test(causeText(cause)) ? 'connect:refused' : 'headers:closed';
}

function causeText(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return `${cause.message} ${cause.cause === undefined ? '' : causeText(cause.cause)} ${(cause as { code?: string }).code ?? ''}`;
}
