import type { Browser, CDPSession, Protocol } from 'puppeteer-core';

/** What becomes of a request. */
export type Decision =
    | { kind: 'pass'; headers?: Protocol.Fetch.HeaderEntry[] }
    | { kind: 'fail'; reason: Protocol.Network.ErrorReason }
    | { kind: 'answer'; body: Buffer; headers: Protocol.Fetch.HeaderEntry[] };

/**
 * Lets `decide` rule over all requests of a browser to addresses that match one of the patterns (`*` stands for
 * anything): those of frames of other sites, workers and service workers too, which a page's own session misses.
 * WebSockets pass by.
 */
export async function interceptRequests(
    browser: Browser,
    patterns: string[],
    decide: (request: Protocol.Network.Request) => Decision,
): Promise<void> {
    const session = await browser.target().createCDPSession();
    session.on('Fetch.requestPaused', ({ requestId, request }) => {
        // A request that was given up meanwhile cannot be answered, and need not be.
        answer(session, requestId, decide(request)).catch(() => {});
    });
    await session.send('Fetch.enable', { patterns: patterns.map(urlPattern => ({ urlPattern })) });
}

async function answer(session: CDPSession, requestId: string, decision: Decision): Promise<void> {
    switch (decision.kind) {
        case 'pass':
            return session.send(
                'Fetch.continueRequest',
                decision.headers ? { requestId, headers: decision.headers } : { requestId },
            );
        case 'fail':
            return session.send('Fetch.failRequest', { requestId, errorReason: decision.reason });
        case 'answer':
            return session.send('Fetch.fulfillRequest', {
                requestId,
                responseCode: 200,
                responseHeaders: decision.headers,
                body: decision.body.toString('base64'),
            });
    }
}
