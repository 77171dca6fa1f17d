export { folderEvidence } from './folder.ts';
