// The router comes with the package; a new version of it is an update of the dependency.
export { ConfigObject, default } from 'cutover/edge/worker';
