import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

import { ForwardProxy } from './support/proxy.ts';
import { Site, text } from './support/site.ts';
import { auditOf, lhrOf, runJob } from './support/worker.ts';

test('everything goes through the proxy, loopback and sockets too', async t => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'proxy-'));
    await chmod(folder, 0o755);
    const internal = await Site.open(t);
    const address = `127.0.0.1:${internal.port}`;
    const site = await Site.open(t, {
        '/': text(`<!doctype html><title>Curious</title><p>What is there?
      <img src="http://${address}/image"><iframe src="http://${address}/frame"></iframe>
      <img src="http://localhost:${internal.port}/named"><img src="https://elsewhere.test/">
      <script>
        fetch('http://${address}/fetched').catch(() => {});
        new WebSocket('ws://${address}/socket');
        new RTCPeerConnection({ iceServers: [{ urls: 'stun:${address}' }] }).createDataChannel('a');
      </script>`),
    });
    const socket = path.join(folder, 'proxy.sock');
    const proxy = await ForwardProxy.open(t, socket, { 'shop.test': site.port });

    const outcome = await runJob(auditOf('http://shop.test/', { proxy: socket }));

    assert.equal(lhrOf(outcome).finalDisplayedUrl, 'http://shop.test/');
    assert.deepEqual(internal.requests, []);
    const asked = new Set(proxy.asked);
    assert.deepEqual(
        [...asked].sort(),
        [address, 'elsewhere.test:443', `localhost:${internal.port}`, 'shop.test'].sort(),
    );
    await rm(folder, { recursive: true });
});

test('a page that the proxy refuses fails with its status', async t => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'proxy-'));
    await chmod(folder, 0o755);
    const socket = path.join(folder, 'proxy.sock');
    const proxy = await ForwardProxy.open(t, socket, {});

    const { last } = await runJob(auditOf('https://intranet.test/', { proxy: socket }));

    assert.equal(last.network_error, 'net::ERR_TUNNEL_CONNECTION_FAILED');
    assert.equal(last.message, 'the proxy did not connect to the host');
    assert.ok(proxy.asked.every(host => host === 'intranet.test:443'));
    await rm(folder, { recursive: true });
});
