import type net from 'node:net';

/** Carries what each of two connections says to the other. When one is gone the other goes too, after what it has yet to say. */
export function join(one: net.Socket, other: net.Socket): void {
    one.pipe(other).pipe(one);
    for (const [a, b] of [
        [one, other],
        [other, one],
    ] as const) {
        a.on('error', () => b.destroy());
        a.on('close', () => b.destroySoon());
    }
}
