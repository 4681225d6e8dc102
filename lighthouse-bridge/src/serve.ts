import type { AddressInfo } from 'node:net';

import { Front } from './front/server.ts';
import { readSettings } from './front/settings.ts';

function serve(): void {
    const settings = readSettings(process.env);
    const server = new Front(settings).server();
    server.listen(settings.port, settings.host, () => {
        console.error(`listening on http://${settings.host}:${(server.address() as AddressInfo).port}`);
    });
    // Closing the connections cancels their jobs; the process ends when the last worker has.
    const stop = () => {
        server.close();
        server.closeAllConnections();
    };
    process.once('SIGTERM', stop);
    process.once('SIGINT', stop);
}

try {
    serve();
} catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
}
