#!/usr/bin/env node
// The SDK's note about its own end of support for this Node version is nothing a user of cutover can act on.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
await import('../dist/src/cli/main.js');
