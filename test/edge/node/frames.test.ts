/** Where frames of a WebSocket end, however their bytes arrive. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { closeFrame, FrameScanner } from '../../../src/edge/node/frames.ts';

function frame(opcode: number, length: number, isMasked: boolean): number[] {
  const mark = isMasked ? 128 : 0;
  const size =
    length < 126
      ? [mark | length]
      : length < 65_536
        ? [mark | 126, length >> 8, length & 255]
        : [mark | 127, 0, 0, 0, 0, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
  return [128 | opcode, ...size, ...(isMasked ? [1, 2, 3, 4] : []), ...Array.from({ length }, () => 0x88)];
}

void it('a frame is over after its last byte only, whatever its length, mask and pieces', () => {
  for (const isMasked of [false, true])
    for (const length of [0, 1, 125, 126, 65_535, 65_536])
      for (const piece of [1, 3, 7, 1000, 70_000]) {
        if (length > 1000 && piece < 7) continue;
        const bytes = Uint8Array.from(frame(2, length, isMasked));
        const scanner = new FrameScanner();
        for (let at = 0; at < bytes.length; at += piece) {
          scanner.push(bytes.subarray(at, at + piece));
          assert.equal(
            scanner.isBetweenFrames,
            at + piece >= bytes.length,
            `${length} in ${piece}s at ${at}`,
          );
        }
        assert.deepEqual([scanner.payloadBytes, scanner.hasClosed], [length, false]);
      }
});

void it('control frames carry no message, and a closing one is known as such', () => {
  const scanner = new FrameScanner();
  scanner.push(Uint8Array.from([...frame(1, 5, true), ...frame(9, 4, true), ...frame(0, 2, true)]));
  assert.deepEqual([scanner.payloadBytes, scanner.hasClosed, scanner.isBetweenFrames], [7, false, true]);
  for (const isMasked of [false, true]) {
    const one = new FrameScanner();
    one.push(closeFrame(1012, 'moved', isMasked));
    assert.deepEqual([one.hasClosed, one.isBetweenFrames], [true, true]);
  }
  assert.deepEqual([...closeFrame(1012, 'x', false)], [0x88, 3, 0x03, 0xf4, 0x78]);
});
