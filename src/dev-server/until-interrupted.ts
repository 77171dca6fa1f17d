/** Says `text` and keeps this process up until Ctrl-C or a SIGTERM. */
export async function untilInterrupted(out: (line: string) => void, text: string): Promise<void> {
  out(text);
  const heartbeat = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  clearInterval(heartbeat);
}
