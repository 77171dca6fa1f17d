/**
 * Recognises gRPC status codes of Temporal's answers by number, so that no module needs the gRPC library as a dependency.
 */
import { isGrpcServiceError } from '@temporalio/client';

export const GRPC_NOT_FOUND = 5;
export const GRPC_UNIMPLEMENTED = 12;

/** Whether `error` is a gRPC error with this status code. */
export function hasGrpcCode(error: unknown, code: number): boolean {
  if (!isGrpcServiceError(error)) return false;
  const actual: number = error.code;
  return actual === code;
}
