import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';

import { familyOf, limitMemory, memoryOf, parentOf } from '../src/front/processes.ts';

test('the parent of a process is read whatever it is called', () => {
    assert.equal(parentOf('4711 (a ) S (b) R 12 4711 4711 0 -1'), 12);
    assert.equal(parentOf(''), null);
});

test('a family is found with its memory, and ends when that is too much', async () => {
    // The children read what the shell would, and so live until they are killed.
    const shell = spawn('sh', ['-c', 'exec 3<&0; cat <&3 & cat <&3 & echo started; wait'], {
        stdio: ['pipe', 'pipe', 'inherit'],
    });
    const pid = shell.pid as number;
    await once(shell.stdout, 'data');
    const family = familyOf(pid);
    assert.equal(family.size, 3);
    assert.ok(memoryOf(family) > 100_000, `${memoryOf(family)}`);

    shell.stdout.resume();
    const closed = once(shell, 'close'); // when nobody has its output any more
    const exceeded = limitMemory(pid, 50_000);
    const [, signal] = await closed;
    assert.equal(signal, 'SIGKILL');
    assert.ok(exceeded());
    assert.ok(memoryOf(family) < 50_000, 'the children are gone too');
});

test('a family that takes less than it may is left alone', async () => {
    const cat = spawn('cat', { stdio: ['pipe', 'inherit', 'inherit'] });
    const exceeded = limitMemory(cat.pid as number, 1_000_000_000);
    cat.stdin.end();
    const [code] = await once(cat, 'exit');
    assert.equal(code, 0);
    assert.ok(!exceeded());
});
