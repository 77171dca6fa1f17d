/** What a process that runs tests tells the one that started it. */
export type FromChild =
  | { readonly kind: 'begin'; readonly file: string }
  | { readonly kind: 'end'; readonly file: string; readonly ms: number; readonly cpuMs: number }
  /** All results of the file were told; they come later than its end. */
  | { readonly kind: 'told'; readonly file: string }
  | {
      readonly kind: 'pass' | 'fail' | 'skip';
      readonly file: string;
      /** Names from the outermost suite to the test. */
      readonly path: readonly string[];
      /** Of a failure the error with its stack, of a skipped test the reason. */
      readonly text: string;
    };
