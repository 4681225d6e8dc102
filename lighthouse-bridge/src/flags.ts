import type { AuditJob } from './job.ts';

/** Chromium's flags for an audit. */
export function browserFlags(job: AuditJob, proxyPort: number | null): string[] {
    return [
        `--js-flags=--max-old-space-size=${job.maxHeapMb}`,
        `--lang=${job.locale}`,
        `--accept-lang=${job.locale}`,
        ...(proxyPort === null ? [] : proxyFlags(proxyPort)),
    ];
}

/** Everything goes through the proxy: loopback, which Chromium leaves out by itself, and WebRTC, which has its own ways. */
function proxyFlags(port: number): string[] {
    return [
        `--proxy-server=http://127.0.0.1:${port}`,
        '--proxy-bypass-list=<-loopback>',
        '--webrtc-ip-handling-policy=disable_non_proxied_udp',
    ];
}
