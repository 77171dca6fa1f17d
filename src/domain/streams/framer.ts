/** From the bytes of a stream to its frames, by what its content type says of the way they are cut. */
import { ArrayFrames } from './array-frames.ts';
import { Frames, type Frame, type Framing } from './frames.ts';
import { MessageFrames } from './message-frames.ts';

export interface Framer {
  push(chunk: Uint8Array): void;
  /**
   * The stream ended.
   * @returns true when it ended in the middle of something that no frame tells of
   */
  finish(): boolean;
}

/**
 * @param most of a frame: characters, or bytes of a binary one
 * @param emit called for each frame, in order
 */
export function framerOf(framing: Framing, most: number, emit: (frame: Frame) => void): Framer {
  if (framing === 'messages') return new MessageFrames(most, emit);
  const decoder = new TextDecoder();
  const frames = framing === 'array' ? new ArrayFrames(most, emit) : new Frames(framing, most, emit);
  return {
    push(chunk) {
      // Most JSON is no array: the rest of it is not even decoded.
      if (frames instanceof ArrayFrames && frames.isOver) return;
      frames.push(decoder.decode(chunk, { stream: true }));
    },
    finish() {
      frames.push(decoder.decode());
      return frames.finish();
    },
  };
}
