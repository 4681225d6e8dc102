import { readdirSync, readFileSync } from 'node:fs';

/** How often it is looked at what a job takes, in milliseconds. */
const INTERVAL_MS = 500;

/**
 * Kills a process and its descendants as soon as they take more memory together than this many bytes. Answers with what
 * says whether that happened and stops looking.
 */
export function limitMemory(pid: number, bytes: number): () => boolean {
    let exceeded = false;
    const looking = setInterval(() => {
        const family = familyOf(pid);
        if (memoryOf(family) <= bytes) return;
        exceeded = true;
        for (const member of family) kill(member);
    }, INTERVAL_MS);
    return () => {
        clearInterval(looking);
        return exceeded;
    };
}

/** A process and its descendants. */
export function familyOf(pid: number): Set<number> {
    const children = new Map<number, number[]>();
    for (const name of readdirSync('/proc')) {
        if (!/^\d+$/.test(name)) continue;
        const parent = parentOf(read(`/proc/${name}/stat`));
        if (parent === null) continue;
        children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    }
    const family = new Set([pid]);
    for (const member of family) {
        // Who is added is looked at later.
        for (const child of children.get(member) ?? []) family.add(child);
    }
    return family;
}

/** The bytes that processes take together. What they share is counted once, as far as the one goes that shares the most. */
export function memoryOf(family: Set<number>): number {
    let [own, shared] = [0, 0];
    for (const pid of family) {
        const status = read(`/proc/${pid}/status`);
        own += kilobytes(status, 'RssAnon');
        shared = Math.max(shared, kilobytes(status, 'RssShmem'));
    }
    return (own + shared) * 1024;
}

/** Reads `PID (NAME) STATE PPID …`. A name may contain anything, so what follows begins after the last parenthesis. */
export function parentOf(stat: string): number | null {
    const parent = stat.slice(stat.lastIndexOf(') ') + 2).split(' ')[1];
    return parent === undefined ? null : Number(parent);
}

function kilobytes(status: string, name: string): number {
    return Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);
}

/** Nothing when it ended meanwhile. */
function read(path: string): string {
    try {
        return readFileSync(path, 'utf8');
    } catch {
        return '';
    }
}

function kill(pid: number): void {
    try {
        process.kill(pid, 'SIGKILL');
    } catch {
        // It is gone already.
    }
}
