import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const WEIGHTS = [400, 500, 600, 700];

/** CSS that declares the font family Inter with its files inside, for a document that may load nothing. */
export async function interFontFaces(): Promise<string> {
    const folder = path.dirname(fileURLToPath(import.meta.resolve('@fontsource/inter/package.json')));
    const sheets = await Promise.all(WEIGHTS.map(weight => sheet(folder, weight)));
    return sheets.join('\n');
}

async function sheet(folder: string, weight: number): Promise<string> {
    const css = await readFile(path.join(folder, `${weight}.css`), 'utf8');
    const sources = [...css.matchAll(/src: url\(\.\/(files\/[\w.-]+\.woff2)\)[^;]*;/g)];
    const inlined = await Promise.all(
        sources.map(
            async ([, file]) =>
                `src: url(data:font/woff2;base64,${await readFile(path.join(folder, file as string), 'base64')});`,
        ),
    );
    let next = 0;
    return css.replace(/src: [^;]*;/g, () => inlined[next++] ?? '');
}
