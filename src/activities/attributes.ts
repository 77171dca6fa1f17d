/** Asks the server whether a switch may set its search attributes now. */
import { Context } from '@temporalio/activity';
import { findAttributes } from '../temporal/search-attributes.ts';
import type { Activities } from './api.ts';

export function attributeActivities(): Pick<Activities, 'attributesFit'> {
  return {
    async attributesFit() {
      try {
        const { connection, options } = Context.current().client;
        return (await findAttributes(connection, options.namespace)).state === 'ok';
      } catch {
        // A worker without a client cannot ask, and what is not known to fit is not set.
        return false;
      }
    },
  };
}
