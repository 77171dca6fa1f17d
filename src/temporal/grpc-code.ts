/** Recognises gRPC status codes of Temporal's answers by number, so that no module needs the gRPC library as a dependency. */
import { isGrpcServiceError } from '@temporalio/client';

export const GRPC_DEADLINE_EXCEEDED = 4;
export const GRPC_NOT_FOUND = 5;
export const GRPC_PERMISSION_DENIED = 7;
export const GRPC_UNIMPLEMENTED = 12;
export const GRPC_UNAVAILABLE = 14;
export const GRPC_UNAUTHENTICATED = 16;

/** Of an error or of what it wraps; null when no gRPC answer is behind it. */
export function grpcCode(error: unknown): number | null {
  let one = error;
  for (let depth = 0; depth < 5 && one instanceof Error; depth += 1) {
    if (isGrpcServiceError(one)) return one.code;
    one = one.cause;
  }
  return null;
}

/** Whether `error` is a gRPC error with this status code. */
export function hasGrpcCode(error: unknown, code: number): boolean {
  return grpcCode(error) === code;
}

/** What the server said, in one line: the SDK's wrappers only say which call failed. */
export function serverSaid(error: unknown): string {
  let one = error;
  while (one instanceof Error && one.cause instanceof Error) one = one.cause;
  const message = one instanceof Error ? one.message : String(one);
  return message.split('\n')[0]?.slice(0, 300) ?? '';
}
