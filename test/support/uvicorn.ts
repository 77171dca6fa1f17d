/** uvicorn of PyPI, the ASGI server that most Python services run on. */
import { pipInstalled } from './pip.ts';

export function uvicornFolder(): Promise<string> {
  return pipInstalled('uvicorn', '0.54.0');
}
