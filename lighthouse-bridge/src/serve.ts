import type { AddressInfo } from 'node:net';

import { removeOldJobs } from './front/jobs.ts';
import { Front } from './front/server.ts';
import { readSettings } from './front/settings.ts';

function serve(): void {
    const settings = readSettings(process.env);
    const server = new Front(settings).server();
    server.listen(settings.port, settings.host, () => {
        // Before any job comes, and not by a second front that cannot listen.
        if (settings.ownScratch) clean(settings.scratch);
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

function clean(scratch: string): void {
    try {
        removeOldJobs(scratch);
    } catch (error) {
        console.error(`what is left of old jobs in ${scratch} cannot be removed: ${error}`);
    }
}

try {
    serve();
} catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
}
