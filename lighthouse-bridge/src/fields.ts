import { BAD_JOB, Failure } from './failure.ts';

/** Reads the fields of a JSON object; what is wrong is said with the field's name. */
export class Fields {
    readonly #object: Record<string, unknown>;
    readonly #known = new Set<string>();

    constructor(value: unknown) {
        if (typeof value !== 'object' || value === null || Array.isArray(value))
            throw wrong('the job is not a JSON object');
        this.#object = value as Record<string, unknown>;
    }

    text(name: string, pattern: RegExp, what: string): string {
        const value = this.#take(name);
        if (typeof value !== 'string' || !pattern.test(value)) throw wrong(`${name} has to be ${what}`);
        return value;
    }

    integer(name: string, least: number, most: number): number {
        const value = this.#take(name);
        if (!Number.isInteger(value) || (value as number) < least || (value as number) > most) {
            throw wrong(`${name} has to be a whole number from ${least} to ${most}`);
        }
        return value as number;
    }

    flag(name: string): boolean {
        const value = this.#take(name);
        if (typeof value !== 'boolean') throw wrong(`${name} has to be true or false`);
        return value;
    }

    oneOf<T extends string>(name: string, words: readonly T[]): T {
        const value = this.#take(name);
        const word = words.find(word => word === value);
        if (word === undefined) throw wrong(`${name} has to be one of ${words.join(', ')}`);
        return word;
    }

    list<T>(name: string, read: (fields: Fields) => T): T[] {
        const value = this.#take(name);
        if (!Array.isArray(value)) throw wrong(`${name} has to be a list`);
        return value.map(item => {
            const fields = new Fields(item);
            const read_ = read(fields);
            fields.end();
            return read_;
        });
    }

    /** Whether the field is null; it then counts as read. */
    isNull(name: string): boolean {
        return this.#object[name] === null && this.#take(name) === null;
    }

    /** Refuses fields that nobody read. */
    end(): void {
        const unknown = Object.keys(this.#object).find(name => !this.#known.has(name));
        if (unknown !== undefined) throw wrong(`the job has an unknown field ${JSON.stringify(unknown)}`);
    }

    #take(name: string): unknown {
        this.#known.add(name);
        return this.#object[name];
    }
}

export function wrong(message: string): Failure {
    return new Failure(BAD_JOB, message);
}
