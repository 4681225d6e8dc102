import { wrong } from './fields.ts';

const LONGEST_JOB = 64 * 1024;

/** Standard input: one line with the job, then nothing until it ends, which cancels the job. */
export class Input {
    readonly job: Promise<string>;
    /** Fulfilled when standard input ends. */
    readonly end: Promise<void>;

    constructor(stream: NodeJS.ReadStream) {
        this.end = new Promise(resolve => {
            stream.once('end', resolve);
            stream.once('close', resolve);
            stream.once('error', () => resolve());
        });
        this.job = new Promise((resolve, reject) => {
            let text = '';
            stream.setEncoding('utf8');
            stream.on('data', (chunk: string) => {
                const newline = chunk.indexOf('\n');
                if (text.length <= LONGEST_JOB) text += newline < 0 ? chunk : chunk.slice(0, newline);
                if (text.length > LONGEST_JOB) reject(wrong(`the job is longer than ${LONGEST_JOB} characters`));
                else if (newline >= 0) resolve(text);
            });
        });
    }
}
